package dev.currywurst.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Checkpoints on a disk that fails, as SQLite is tested: at the first call, then at the second, and
 * so on until all calls have failed once; and each time again with the power going at that call.
 */
class FaultyDiskTest {
  private static final int[] STEPS = {10, 20, 30};

  /** At each call, each time with other bytes lost. */
  private static final int POWER_FAILURES = Integer.getInteger("tests.powerFailures", 4);

  @TempDir private Path folder;
  private int runs;

  private static Map<String, Tensor> state(long step) {
    float value = step;
    return Map.of(
        "weight", Tensor.of(new float[] {value, value, value}, 3),
        "mean", Tensor.of(new float[] {value}, 1));
  }

  private static Checkpoints checkpoints(Disk disk, Path place) {
    return new Checkpoints(disk, place, 2, "fingerprint", notice -> {});
  }

  /** One run on a disk of its own. */
  private final class Run {
    private final Path place = folder.resolve("run" + runs).resolve("checkpoints");
    private final FaultyDisk disk;
    private long saved;

    Run(long faultyCall, FaultyDisk.Fault fault) throws IOException {
      Files.createDirectories(place.getParent());
      disk =
          new FaultyDisk(faultyCall, fault, Files.createDirectory(folder.resolve("bin" + runs++)));
    }

    /** Saves all steps, some of them in vain. */
    void saveAll() {
      Checkpoints checkpoints = checkpoints(disk, place);
      for (int step : STEPS) {
        try (Scope scope = Scope.open()) {
          checkpoints.save(step, state(step));
          saved = step;
        } catch (CurrywurstException e) {
          assertThat(e).hasMessageContaining("cannot be written (No space left on device)");
        }
      }
    }

    /** What a good disk finds: nothing that was saved is lost, nothing is half. */
    void check(String description) {
      try (Scope scope = Scope.open()) {
        Map<String, Tensor> state = state(0);
        long step = checkpoints(Disk.REAL, place).restore(state);
        assertThat(step).as(description).isGreaterThanOrEqualTo(saved);
        assertThat(state.get("weight").toFloats()).as(description).containsOnly((float) step);
        assertThat(state.get("mean").toFloats()).as(description).containsOnly((float) step);
        Disk good = new FaultyDisk(0, FaultyDisk.Fault.ONCE, disk.bin());
        checkpoints(good, place).save(50, state(50));
        assertThat(checkpoints(good, place).restore(state)).as(description).isEqualTo(50);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(FaultyDisk.Fault.class)
  void losesNothingThatWasSavedWhereverTheDiskFails(FaultyDisk.Fault fault) throws IOException {
    boolean failed = true;
    int calls = 0;
    while (failed) {
      Run run = new Run(++calls, fault);
      run.saveAll();
      run.check(fault + " at call " + calls);
      failed = run.disk.failed();
    }
    assertThat(calls).as("calls that were let fail").isGreaterThan(45);
  }

  @Test
  void losesNothingThatWasSavedWheneverThePowerGoes() throws IOException {
    long seed = System.nanoTime();
    SplittableRandom random = new SplittableRandom(seed);
    boolean failed = true;
    for (int call = 1; failed; call++) {
      for (int k = 0; k < POWER_FAILURES; k++) {
        Run run = new Run(call, FaultyDisk.Fault.FROM_THEN_ON);
        run.saveAll();
        run.disk.losePower(random);
        run.check("power lost at call %d, seed %d".formatted(call, seed));
        failed = run.disk.failed();
      }
    }
  }
}
