package dev.currywurst.pipeline;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;

/** A model that comes with the program: found by its name as a Java service, without a network. */
public interface BundledModel {
  /** What a user calls it: one word, so that it cannot be taken for one on the hub. */
  String name();

  /**
   * Its folder in the layout of diffusers, made ready if need be.
   *
   * @throws dev.currywurst.tensor.CurrywurstException if that is impossible
   */
  Path folder();

  /** All models on the class path. */
  static List<BundledModel> all() {
    return ServiceLoader.load(BundledModel.class, BundledModel.class.getClassLoader()).stream()
        .map(ServiceLoader.Provider::get)
        .toList();
  }

  /** The model with this name. */
  static Optional<BundledModel> find(String name) {
    return all().stream().filter(model -> model.name().equals(name)).findFirst();
  }
}
