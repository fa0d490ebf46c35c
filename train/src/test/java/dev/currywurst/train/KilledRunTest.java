package dev.currywurst.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.currywurst.train.stage.StageName;
import dev.currywurst.train.testing.TinyRun;
import dev.currywurst.train.testing.TinyTraining;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A run that is killed without a warning, at any moment, still ends as if nothing had happened. */
class KilledRunTest {
  private static final long STEPS = 50;
  private static final int KILLS = 3;

  @TempDir private Path folder;

  @Test
  void endsWithTheWeightsOfAnUnbrokenRun() throws IOException, InterruptedException {
    long seed = System.nanoTime();
    SplittableRandom random = new SplittableRandom(seed);
    TinyRun tiny = new TinyRun(folder).withPictures(20);
    Path a =
        TinyRun.train(tiny.request(StageName.STAGE_A, folder.resolve("a"), Optional.empty(), 2));
    Path b = TinyRun.train(tiny.request(StageName.STAGE_B, folder.resolve("b"), Optional.of(a), 2));
    Path unbroken = folder.resolve("unbroken");
    TinyRun.train(tiny.request(StageName.STAGE_C, unbroken, Optional.of(b), STEPS));

    Path killed = folder.resolve("killed");
    for (int kill = 0; kill < KILLS; kill++) {
      // Some steps after the start, then within the milliseconds that a step or checkpoint takes.
      startAndKill(b, killed, 1 + random.nextInt(12), random.nextInt(30));
    }
    assertThat(start(b, killed).waitFor()).as("seed " + seed).isZero();
    for (String file :
        new String[] {"checkpoints/step-%08d/state.safetensors".formatted(STEPS), "log.jsonl"}) {
      assertThat(killed.resolve(file))
          .as(file + ", seed " + seed)
          .hasSameBinaryContentAs(unbroken.resolve(file));
    }
  }

  private void startAndKill(Path model, Path output, int steps, int milliseconds)
      throws IOException, InterruptedException {
    Process process = start(model, output);
    try (BufferedReader lines = process.inputReader()) {
      int seen = 0;
      String line = lines.readLine();
      while (line != null && seen < steps) {
        seen += line.startsWith("step ") ? 1 : 0;
        line = seen < steps ? lines.readLine() : null;
      }
      assertThat(seen).as("steps before the kill").isEqualTo(steps);
      Thread.sleep(milliseconds);
      process.destroyForcibly();
    }
    process.waitFor();
  }

  private Process start(Path model, Path output) throws IOException {
    String classPath =
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
    List<String> command =
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx200m",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            classPath,
            TinyTraining.class.getName(),
            folder.toString(),
            model.toString(),
            output.toString(),
            Long.toString(STEPS));
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
  }
}
