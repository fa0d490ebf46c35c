package dev.currywurst.train.testing;

import dev.currywurst.train.TrainingListener;
import dev.currywurst.train.TrainingRun;
import dev.currywurst.train.stage.Stage;
import dev.currywurst.train.stage.StageName;
import java.nio.file.Path;
import java.util.Optional;

/** Trains in a process of its own, which a test can kill, and says on its output what it does. */
public final class TinyTraining {
  private TinyTraining() {}

  /** Arguments: the folder of a {@link TinyRun}, its model, the output, and the steps. */
  public static void main(String[] arguments) {
    TinyRun tiny = new TinyRun(Path.of(arguments[0]));
    Optional<Path> model = Optional.of(Path.of(arguments[1]));
    Path output = Path.of(arguments[2]);
    long steps = Long.parseLong(arguments[3]);
    try (TrainingRun run =
        TrainingRun.open(tiny.request(StageName.STAGE_C, output, model, steps))) {
      run.train(
          new TrainingListener() {
            @Override
            public void prepared(long done, long all) {
              System.out.println("prepared " + done);
            }

            @Override
            public void started(long fromStep) {
              System.out.println("started " + fromStep);
            }

            @Override
            public void saved(long step, Path checkpoint) {
              System.out.println("saved " + step);
            }

            @Override
            public void learned(long step, Stage.Learned learned, double learningRate) {
              System.out.println("step " + step);
            }
          });
      System.out.println("done");
    }
  }
}
