package dev.currywurst.train.stage;

import dev.currywurst.nn.Dropout;
import dev.currywurst.tensor.Generator;
import dev.currywurst.train.random.Draws;
import dev.currywurst.train.random.Part;
import java.util.ArrayList;
import java.util.List;

/** Dropout for samples, each with a generator of its own. */
final class SampleDropout implements AutoCloseable {
  private final List<Generator> generators = new ArrayList<>();
  private final Dropout random;

  SampleDropout(Draws draws, Part part) {
    this(draws, List.of(part));
  }

  /** For several parts that go through a network together, one after the other. */
  SampleDropout(Draws draws, List<Part> parts) {
    for (Part part : parts) {
      for (int i = 0; i < part.size(); i++) {
        generators.add(draws.generator(Draws.Purpose.DROPOUT, part.step(), part.first() + i));
      }
    }
    this.random = Dropout.drawing(generators);
  }

  Dropout random() {
    return random;
  }

  @Override
  public void close() {
    generators.forEach(Generator::close);
  }
}
