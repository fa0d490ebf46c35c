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
 * byte. {@code -Dtests.kills=1000} for a long one. The first kills are one while the encoder's
 * outputs are prepared, some between steps and in checkpoints, and two while the model is written.
 */
class KilledRunTest {
  private static final long STEPS = 60;
  private static final int KILLS = Integer.getInteger("tests.kills", 6);
  private static final int CHECKPOINT_EVERY = 4;

  /** What a run does when it is killed. */
  private enum Moment {
    PREPARING,
    LEARNING,
    SAVING,
    FINISHING
  }

  private static final List<Moment> FIRST =
      List.of(
          Moment.PREPARING,
          Moment.SAVING,
          Moment.LEARNING,
          Moment.SAVING,
          Moment.FINISHING,
          Moment.FINISHING);

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
      while (kills < KILLS && startAndKill(model, killed, moment(kills, random), random)) {
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

  private static Moment moment(int kills, SplittableRandom random) {
    Moment[] all = Moment.values();
    return kills < FIRST.size() ? FIRST.get(kills) : all[random.nextInt(all.length)];
  }

  /** Kills a run soon after a line that tells that the moment has come. */
  private boolean startAndKill(Path model, Path output, Moment moment, SplittableRandom random)
      throws IOException, InterruptedException {
    Process process = start(model, output);
    int least = 1 + random.nextInt(8);
    boolean kill = false;
    try (BufferedReader lines = process.inputReader()) {
      int seen = 0;
      String line = lines.readLine();
      while (line != null && !kill) {
        String[] words = line.split(" ", 2);
        long number = words.length < 2 ? 0 : Long.parseLong(words[1]);
        seen += words[0].equals(moment == Moment.PREPARING ? "prepared" : "step") ? 1 : 0;
        kill =
            switch (moment) {
              // Once all is prepared, the first step must do.
              case PREPARING -> seen >= least || words[0].equals("step");
              case LEARNING -> seen >= least;
              case SAVING -> seen >= least && number % CHECKPOINT_EVERY == 0;
              case FINISHING -> number == STEPS && !words[0].equals("step");
            };
        line = kill ? null : lines.readLine();
      }
      while (moment == Moment.FINISHING
          && process.isAlive()
          && !Files.exists(output.resolve("model"))) {
        Thread.sleep(1);
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
