package dev.currywurst.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.currywurst.train.testing.TinyRun;
import dev.currywurst.train.testing.TinyTraining;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A fine-tuning that is killed without a warning, at any moment, again and again, still ends as if
 * nothing had happened: weights, average, moments, log and model are the unbroken run's, byte for
 * byte. {@code -Dtests.kills=1000} for a long one.
 */
class KilledRunTest {
  private static final long STEPS = 60;
  private static final int KILLS = Integer.getInteger("tests.kills", 6);
  private static final int CHECKPOINT_EVERY = 4;

  @TempDir private Path folder;

  @Test
  void endsWithTheWeightsOfAnUnbrokenRun() throws IOException, InterruptedException {
    long seed = Long.getLong("tests.seed", System.nanoTime());
    SplittableRandom random = new SplittableRandom(seed);
    TinyRun tiny = new TinyRun(folder).withPictures(20);
    Path model = tiny.wholeModel(2);
    Path unbroken = folder.resolve("unbroken");
    // In a process of its own too: the engine's state here is what other tests left.
    assertThat(start(model, unbroken).waitFor()).isZero();

    int kills = 0;
    for (int round = 0; kills < KILLS; round++) {
      Path killed = folder.resolve("killed" + round);
      while (kills < KILLS && startAndKill(model, killed, random)) {
        kills++;
      }
      assertThat(start(model, killed).waitFor()).as("seed " + seed).isZero();
      for (Path file : decided(unbroken)) {
        assertThat(killed.resolve(unbroken.relativize(file)))
            .as("%s after %d kills, seed %d", file, kills, seed)
            .hasSameBinaryContentAs(file);
      }
    }
  }

  /** All files that are a function of the run's settings. */
  private static List<Path> decided(Path output) throws IOException {
    try (Stream<Path> files = Files.walk(output.resolve("model"))) {
      List<Path> decided =
          new ArrayList<>(
              files
                  .filter(Files::isRegularFile)
                  .filter(file -> !file.endsWith("README.md")) // It tells the time that it took.
                  .toList());
      decided.add(output.resolve("checkpoints/step-%08d/state.safetensors".formatted(STEPS)));
      decided.add(output.resolve("log.jsonl"));
      return decided;
    }
  }

  /** Two of three kills hit a checkpoint that is being written, or about to be. */
  private boolean startAndKill(Path model, Path output, SplittableRandom random)
      throws IOException, InterruptedException {
    Process process = start(model, output);
    int least = 1 + random.nextInt(8);
    boolean whileSaving = random.nextInt(3) > 0;
    boolean kill = false;
    try (BufferedReader lines = process.inputReader()) {
      int seen = 0;
      String line = lines.readLine();
      while (line != null && !kill) {
        if (line.startsWith("step ")) {
          long step = Long.parseLong(line.substring(5));
          seen++;
          kill = seen >= least && (!whileSaving || step % CHECKPOINT_EVERY == 0);
        }
        line = kill ? null : lines.readLine();
      }
      Thread.sleep(random.nextInt(30));
      process.destroyForcibly();
    }
    process.waitFor();
    return kill;
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
