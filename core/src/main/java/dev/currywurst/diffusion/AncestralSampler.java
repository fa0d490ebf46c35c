package dev.currywurst.diffusion;

import dev.currywurst.tensor.DType;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.util.function.Supplier;

/**
 * From noise to latents, step by step (Ho et al. 2020, algorithm 2). Latents stay float32 from step
 * to step whatever the network computes in.
 */
public record AncestralSampler(CosineSchedule schedule, Timesteps timesteps) {
  /** A network with everything but the latents and the step filled in. */
  @FunctionalInterface
  public interface Denoiser {
    /**
     * The predicted noise.
     *
     * @param x [B, ...], float32
     * @param step counted from 0
     * @return of x's shape
     */
    Tensor noise(Tensor x, int step);
  }

  /** Hears of each step; what it throws ends the sampling. */
  @FunctionalInterface
  public interface Observer {
    /**
     * A step was taken.
     *
     * @param step counted from 1
     * @param latents after the step
     * @param expected the clean latents as the network sees them coming; computed when asked for
     */
    void stepped(int step, Tensor latents, Supplier<Tensor> expected);
  }

  /** The noise level that each step begins at: [steps], float32. */
  public Tensor levels() {
    float[] levels = new float[timesteps.steps()];
    for (int i = 0; i < levels.length; i++) {
      levels[i] = (float) timesteps.from(i);
    }
    return Tensor.of(levels, levels.length);
  }

  /**
   * Samples.
   *
   * @param start noise [B, ...], float32
   * @param freshNoise draws standard normal values of that shape; asked once a step, also at the
   *     last one, where they have no effect but move the generator on as in the reference
   * @return the clean latents, owned by the open scope
   */
  public Tensor sample(
      Tensor start, Supplier<Tensor> freshNoise, Denoiser denoiser, Observer observer) {
    Tensor x = start;
    for (int i = 0; i < timesteps.steps(); i++) {
      Tensor before = x;
      x = step(i, before, freshNoise, denoiser, observer);
      if (before != start) {
        before.close();
      }
    }
    return x;
  }

  private Tensor step(
      int index, Tensor x, Supplier<Tensor> freshNoise, Denoiser denoiser, Observer observer) {
    return Scope.tidy(
        () -> {
          Tensor from = Tensor.full(timesteps.from(index), DType.FLOAT32, 1).to(x.device());
          Tensor to = Tensor.full(timesteps.to(index), DType.FLOAT32, 1).to(x.device());
          Tensor noise = denoiser.noise(x, index);
          Tensor next = schedule.step(x, noise, from, to, freshNoise.get());
          observer.stepped(index + 1, next, () -> schedule.expectedClean(x, noise, from));
          return next;
        });
  }
}
