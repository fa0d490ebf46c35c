package dev.currywurst.train.stage;

import dev.currywurst.tensor.Grad;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import dev.currywurst.train.data.Batch;
import dev.currywurst.train.data.PictureBatches;
import dev.currywurst.train.random.Draws;
import dev.currywurst.train.random.Draws.Purpose;
import dev.currywurst.train.random.Part;
import dev.currywurst.wuerstchen.StageC;
import java.util.List;
import java.util.function.Function;

/**
 * Stage C's loss on pictures that it is not trained on: each at several noise levels with the same
 * noise every time, so that what changes from one evaluation to the next is the network.
 */
record HeldOutLoss(
    StageCTraining.Networks networks,
    NoiseObjective objective,
    Function<List<String>, Tensor> states,
    Draws draws,
    Stopping stopping) {
  /** Noise levels that each picture is judged at, the middles of equal parts. */
  private static final int LEVELS = 8;

  /** The mean of all pictures. */
  double of(PictureBatches heldOut) {
    double sum = 0;
    for (int i = 0; i < heldOut.size(); i++) {
      stopping.leave();
      int sample = i;
      sum += Grad.off(() -> of(heldOut.plain(sample, 1), sample));
    }
    return sum / heldOut.size();
  }

  private double of(Batch one, int sample) {
    try (Scope scope = Scope.open()) {
      Tensor clean = networks.targets().of(one, networks.scale());
      Tensor repeated = clean.expand(LEVELS, clean.size(1), clean.size(2), clean.size(3));
      float[] at = new float[LEVELS];
      for (int k = 0; k < LEVELS; k++) {
        at[k] = (k + 0.5f) / LEVELS;
      }
      Tensor level = Tensor.of(at, LEVELS);
      Part part = new Part(0, (long) sample * LEVELS, LEVELS);
      Tensor noise =
          draws.normal(Purpose.EVALUATION, part, clean.size(1), clean.size(2), clean.size(3));
      Tensor noisy = objective.schedule().addNoise(repeated, noise, level);
      StageC stageC = networks.stageC();
      Tensor predicted =
          stageC.denoise(
              noisy, stageC.levels(level), stageC.condition(states.apply(one.captions())));
      return objective.loss(predicted, noise, level).item();
    }
  }
}
