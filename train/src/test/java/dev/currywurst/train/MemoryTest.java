package dev.currywurst.train;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.tensor.Scope;
import dev.currywurst.train.stage.Stage;
import dev.currywurst.train.stage.StageName;
import dev.currywurst.train.testing.TinyRun;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Steps, evaluations and checkpoints leave no tensor behind, and neither do whole runs. */
class MemoryTest {
  private static final long STEPS = 60;

  @TempDir private Path folder;

  @Test
  void doesNotGrow() throws IOException {
    long before = Scope.liveTensors();
    TinyRun tiny = new TinyRun(folder).withPictures(20);
    ObjectNode config = TinyRun.config();
    config.withObject("/stage-a").putObject("objective").put("adversarial", 0.1);
    Path a =
        trainFlat(
            tiny.request(StageName.STAGE_A, folder.resolve("a"), Optional.empty(), STEPS, config));
    Path b =
        trainFlat(
            tiny.request(StageName.STAGE_B, folder.resolve("b"), Optional.of(a), STEPS, config));
    trainFlat(tiny.request(StageName.STAGE_C, folder.resolve("c"), Optional.of(b), STEPS, config));
    assertThat(Scope.liveTensors()).as("after all runs").isEqualTo(before);
  }

  private static Path trainFlat(TrainingRun.Request request) {
    List<Long> live = new ArrayList<>();
    TrainingListener counter =
        new TrainingListener() {
          @Override
          public void learned(long step, Stage.Learned learned, double learningRate) {
            live.add(Scope.liveTensors());
          }
        };
    try (TrainingRun run = TrainingRun.open(request)) {
      Path model = run.train(counter).orElseThrow();
      assertThat(live).hasSize((int) STEPS).containsOnly(live.get(0));
      return model;
    }
  }
}
