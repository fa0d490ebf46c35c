package dev.currywurst.pipeline;

import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Device;
import dev.currywurst.tensor.Generator;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * The random numbers of all pictures of a chunk. Each picture has a generator of its own, so that
 * its numbers are the same in any company. As in diffusers, one generator serves a picture through
 * both stages: Stage C's latents, one draw a step, Stage B's latents, one draw a step.
 */
final class PictureNoise implements AutoCloseable {
  private final List<Generator> generators = new ArrayList<>();

  /** One generator for each picture, from its seed. */
  PictureNoise(List<Picture> pictures) {
    for (Picture picture : pictures) {
      generators.add(new Generator(picture.seed()));
    }
  }

  /**
   * Draws for some neighbouring pictures.
   *
   * @param type what the network computes in: in half precision diffusers draws rounded values
   * @param shape [channels, height, width] of one picture
   * @return [count, channels, height, width], float32
   */
  Tensor draw(int first, int count, DType type, Device device, long... shape) {
    return Scope.tidy(
        () -> {
          List<Tensor> draws = new ArrayList<>();
          for (Generator generator : generators.subList(first, first + count)) {
            draws.add(generator.normal(type, 1, shape[0], shape[1], shape[2]));
          }
          return Tensor.cat(draws, 0).to(DType.FLOAT32).to(device);
        });
  }

  @Override
  public void close() {
    generators.forEach(Generator::close);
  }
}
