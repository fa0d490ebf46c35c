package dev.currywurst.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.stage.Stage;
import dev.currywurst.train.stage.StageName;
import dev.currywurst.train.testing.TinyRun;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whole runs on a disk that has no room for their checkpoints. */
class FullDiskRunTest {
  private static final String WEIGHTS = "decoder/vqgan/diffusion_pytorch_model.safetensors";

  @TempDir private Path folder;
  private TinyRun tiny = new TinyRun(Path.of("."));
  private final List<String> told = new ArrayList<>();

  @BeforeEach
  void pictures() throws IOException {
    tiny = new TinyRun(folder).withPictures(20);
  }

  private TrainingRun.Request request(String output) {
    return tiny.request(StageName.STAGE_A, folder.resolve(output), Optional.empty(), 6);
  }

  /** The model is what all the steps were for, and may fit where a checkpoint does not. */
  @Test
  void theModelIsWrittenWhereNoCheckpointIs() {
    Optional<Path> model;
    try (TrainingRun run = open(request("full"))) {
      model = run.train(listener(Optional.empty()));
    }
    Path whole = TinyRun.train(request("room"));
    assertThat(model.orElseThrow().resolve(WEIGHTS)).hasSameBinaryContentAs(whole.resolve(WEIGHTS));
    assertThat(told).hasSize(2);
    assertThat(told.get(0))
        .contains("step-00000004 cannot be written (it takes ")
        .endsWith("The training goes on and tries again.");
    assertThat(told.get(1))
        .contains("step-00000006 cannot be written (it takes ")
        .endsWith("The model is written, but a longer training cannot go on from its last step.");
  }

  /** A run that was stopped has nothing but its checkpoint. */
  @Test
  void aStoppedRunFailsWithoutItsCheckpoint() {
    try (TrainingRun run = open(request("full"))) {
      TrainingListener stopper = listener(Optional.of(run));
      assertThatThrownBy(() -> run.train(stopper))
          .isInstanceOf(CurrywurstException.class)
          .hasMessageContaining("step-00000002 cannot be written");
    }
  }

  private static TrainingRun open(TrainingRun.Request request) {
    return TrainingRun.open(request, Start.usual(), new SmallDisk(0));
  }

  /** Hears notices, and stops a run after two steps. */
  private TrainingListener listener(Optional<TrainingRun> stopped) {
    return new TrainingListener() {
      @Override
      public void noticed(String sentence) {
        told.add(sentence);
      }

      @Override
      public void learned(long step, Stage.Learned learned, double learningRate) {
        if (step == 2) {
          stopped.ifPresent(TrainingRun::stop);
        }
      }
    };
  }
}
