package dev.currywurst.train.stage;

import dev.currywurst.pipeline.Component;
import dev.currywurst.tensor.Grad;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.wuerstchen.StageC;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * The weights of Stage C and its text tower that a training changes.
 *
 * @param weights by name, with {@code prior.} or {@code text_encoder.} in front
 * @param numbers of Stage C and, if some of it is trained, of its text tower
 */
record Trained(Map<String, Tensor> weights, long numbers) {
  static Trained of(StageCTraining.Networks networks, StageCTraining.Objective objective) {
    Map<String, Tensor> all = named(networks, objective.trainsText());
    long numbers = all.values().stream().mapToLong(Tensor::elements).sum();
    if (networks.adapters().isPresent()) {
      return new Trained(networks.adapters().get().trained(), numbers);
    }
    return new Trained(objective.selection().of(all), numbers);
  }

  private static Map<String, Tensor> named(StageCTraining.Networks networks, boolean text) {
    Map<String, Tensor> named = new LinkedHashMap<>();
    networks.stageC().parameters().weights().forEach((n, w) -> named.put(Selection.PRIOR + n, w));
    if (text) {
      Map<String, Tensor> tower = networks.text().encoder().parameters().weights();
      tower.forEach((name, weight) -> named.put(Selection.TEXT + name, weight));
    }
    return named;
  }

  /** How much is trained, for the user. */
  String sentence() {
    long trained = weights.values().stream().mapToLong(Tensor::elements).sum();
    boolean beside = weights.keySet().stream().anyMatch(name -> name.contains(".lora_"));
    if (beside) {
      return String.format(
          Locale.ROOT,
          "Training %,d numbers of a LoRA beside %,d, in %,d weights; the others stay as they are.",
          trained,
          numbers,
          weights.size());
    }
    return String.format(
        Locale.ROOT,
        "Training %,d of %,d numbers, in %,d weights%s.",
        trained,
        numbers,
        weights.size(),
        trained == numbers ? "" : "; the others stay as they are");
  }

  /**
   * Runs {@code body} with base + alpha (trained - base) in the trained weights' place, and puts
   * those back afterwards.
   *
   * @param basis that the training began with; its networks are read once more
   */
  void blended(
      ModelParts basis,
      StageCTraining.Networks networks,
      boolean text,
      double alpha,
      Runnable body) {
    try (Scope scope = Scope.open();
        Opening opening = new Opening()) {
      StageC stageC =
          opening.add(
              basis.trainable(Component.PRIOR, p -> new StageC(networks.stageC().config(), p)),
              StageC::close);
      TextTower tower =
          text
              ? opening.add(basis.tower(Component.PRIOR_TEXT_ENCODER, true), TextTower::close)
              : networks.text();
      Map<String, Tensor> base =
          named(
              new StageCTraining.Networks(
                  stageC, tower, networks.targets(), networks.scale(), Optional.empty()),
              text);
      Map<String, Tensor> kept = new LinkedHashMap<>();
      weights.forEach((name, weight) -> kept.put(name, weight.detach().copy()));
      Grad.off(
          () ->
              weights.forEach(
                  (name, weight) -> {
                    Tensor before = base.get(name).detach();
                    weight.copyInPlace(before.lerpInPlace(kept.get(name), alpha));
                  }));
      try {
        body.run();
      } finally {
        Grad.off(() -> weights.forEach((name, weight) -> weight.copyInPlace(kept.get(name))));
      }
    }
  }
}
