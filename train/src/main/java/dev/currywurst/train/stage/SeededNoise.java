package dev.currywurst.train.stage;

import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Generator;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * Noise from seeds, drawn as generation draws it: one generator a picture, through Stage C and then
 * Stage B. So a sample is the picture that the saved model paints of the same prompt and seed.
 */
final class SeededNoise implements NoiseSource, AutoCloseable {
  private final List<Generator> generators = new ArrayList<>();

  SeededNoise(List<Long> seeds) {
    seeds.forEach(seed -> generators.add(new Generator(seed)));
  }

  @Override
  public Supplier<Tensor> of(EvaluationNoise.Use use, long... shape) {
    return () ->
        Scope.tidy(
            () ->
                Tensor.cat(
                    generators.stream()
                        .map(own -> own.normal(DType.FLOAT32, 1, shape[0], shape[1], shape[2]))
                        .toList(),
                    0));
  }

  @Override
  public void close() {
    generators.forEach(Generator::close);
  }
}
