package dev.currywurst.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.currywurst.train.stage.Stage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunLogTest {
  @TempDir private Path folder;

  private void tell(long fromStep, long toStep) {
    try (RunLog log = RunLog.open(folder.resolve("log.jsonl"), fromStep, line -> {})) {
      for (long step = fromStep + 1; step <= toStep; step++) {
        log.learned(step, new Stage.Learned(Map.of("loss", 0.5), 2), 1e-3);
      }
      log.evaluated(toStep, Map.of("psnr", 30.0));
    }
  }

  private String told() throws IOException {
    return Files.readString(folder.resolve("log.jsonl"));
  }

  @Test
  void tellsStepsAndEvaluations() throws IOException {
    tell(0, 2);
    assertThat(told())
        .isEqualTo(
            """
            {"step":1,"loss":0.5,"gradient_norm":2.0,"learning_rate":0.001}
            {"step":2,"loss":0.5,"gradient_norm":2.0,"learning_rate":0.001}
            {"step":2,"held_out":{"psnr":30.0}}
            """);
  }

  @Test
  void tellsNoStepTwice() throws IOException {
    tell(0, 9);
    tell(5, 9);
    String resumed = told();
    Files.delete(folder.resolve("log.jsonl"));
    tell(0, 9);
    assertThat(resumed).isEqualTo(told());
  }

  @Test
  void dropsALineThatAKilledRunLeftHalf() throws IOException {
    tell(0, 2);
    String whole = told();
    Files.writeString(folder.resolve("log.jsonl"), whole + "{\"step\":3,\"los");
    RunLog.open(folder.resolve("log.jsonl"), 2, line -> {}).close();
    assertThat(told()).isEqualTo(whole);
  }

  @Test
  void marksSkippedSteps() throws IOException {
    try (RunLog log = RunLog.open(folder.resolve("log.jsonl"), 0, line -> {})) {
      log.learned(1, new Stage.Learned(Map.of("loss", Double.NaN), Double.NaN), 1e-3);
    }
    assertThat(told()).startsWith("{\"step\":1,").endsWith("\"skipped\":true}\n");
  }
}
