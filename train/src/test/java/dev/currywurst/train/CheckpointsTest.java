package dev.currywurst.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckpointsTest {
  @TempDir private Path folder;
  private Scope scope;
  private Checkpoints checkpoints;
  private final List<String> notices = new ArrayList<>();

  @BeforeEach
  void open() {
    scope = Scope.open();
    checkpoints = new Checkpoints(Disk.REAL, folder, 2, "fingerprint", notices::add);
  }

  @AfterEach
  void close() {
    scope.close();
  }

  private static Map<String, Tensor> state(float value) {
    return Map.of(
        "weight", Tensor.of(new float[] {value, value}, 2),
        "count", Tensor.of(new long[] {(long) value}, 1));
  }

  private float restoredValue() {
    Map<String, Tensor> state = state(-1);
    long step = checkpoints.restore(state);
    float value = state.get("weight").toFloats()[0];
    assertThat(state.get("count").toLongs()).containsExactly((long) value);
    assertThat(step).isEqualTo(value == -1 ? 0 : (long) value);
    return value;
  }

  private List<String> names() throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.map(entry -> entry.getFileName().toString()).sorted().toList();
    }
  }

  @Test
  void startsAfreshInAnEmptyFolder() {
    assertThat(restoredValue()).isEqualTo(-1);
  }

  @Test
  void restoresTheNewestAndKeepsAFew() throws IOException {
    for (int step : new int[] {5, 10, 15}) {
      checkpoints.save(step, state(step));
    }
    assertThat(names()).containsExactly("step-00000010", "step-00000015");
    assertThat(restoredValue()).isEqualTo(15);
  }

  @Test
  void ordersStepsAsNumbers() {
    checkpoints.save(99_999_999, state(99_999_999));
    checkpoints.save(100_000_000, state(100_000_000));
    assertThat(restoredValue()).isEqualTo(100_000_000);
  }

  /** Whatever byte was lost, the one before is used, and nobody deletes the broken one. */
  @Test
  void goesBackToTheOneBeforeABrokenOne() throws IOException {
    checkpoints.save(5, state(5));
    Path newest = checkpoints.save(10, state(10));
    for (String name : List.of("state.safetensors", "manifest.json")) {
      Path file = newest.resolve(name);
      byte[] whole = Files.readAllBytes(file);
      byte[] damaged = whole.clone();
      damaged[damaged.length / 2] ^= 4;
      for (byte[] broken : List.of(damaged, Arrays.copyOf(whole, whole.length - 7), new byte[0])) {
        Files.write(file, broken);
        assertThat(restoredValue()).as("%s of %d bytes", name, broken.length).isEqualTo(5);
      }
      Files.delete(file);
      assertThat(restoredValue()).as(name + " is gone").isEqualTo(5);
      Files.write(file, whole);
      assertThat(restoredValue()).isEqualTo(10);
    }
  }

  /** As where the disk has a bad sector: a folder too can be opened, but not read. */
  @Test
  void goesBackToTheOneBeforeOneThatCannotBeRead() throws IOException {
    checkpoints.save(5, state(5));
    Path file = checkpoints.save(10, state(10)).resolve("state.safetensors");
    Files.delete(file);
    Files.createDirectory(file);
    assertThat(restoredValue()).isEqualTo(5);
    assertThat(notices).singleElement().asString().contains("step-00000010 is broken (");
    assertThatThrownBy(() -> checkpoints.restoreStep(10, state(-1)))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageEndingWith("; choose another one.");
  }

  @Test
  void replacesABrokenOneWhenItsStepComesAgain() throws IOException {
    checkpoints.save(5, state(5));
    Files.write(checkpoints.save(10, state(10)).resolve("state.safetensors"), new byte[3]);
    assertThat(restoredValue()).isEqualTo(5);
    assertThat(notices)
        .containsExactly(
            "The checkpoint %s is broken (its bytes differ from its manifest); the one before it is used."
                .formatted(folder.resolve("step-00000010")));
    checkpoints.save(7, state(7));
    assertThat(names()).containsExactly("step-00000005", "step-00000007", "step-00000010");
    assertThat(restoredValue()).isEqualTo(7);
    checkpoints.save(10, state(10));
    assertThat(restoredValue()).isEqualTo(10);
  }

  /** What a broken one holds cannot be gone back to, so it does not count among those kept. */
  @Test
  void keepsAsManyWholeOnesBesideABrokenOne() throws IOException {
    checkpoints.save(5, state(5));
    Files.write(checkpoints.save(10, state(10)).resolve("state.safetensors"), new byte[3]);
    assertThat(restoredValue()).isEqualTo(5);
    checkpoints.save(12, state(12));
    assertThat(names()).containsExactly("step-00000005", "step-00000010", "step-00000012");
    checkpoints.save(19, state(19));
    assertThat(names()).containsExactly("step-00000012", "step-00000019");
  }

  @Test
  void anOldOneMakesWayWhereThereIsRoomForTwo() throws IOException {
    checkpoints = new Checkpoints(new SmallDisk(2), folder, 2, "fingerprint", notices::add);
    for (int step : new int[] {5, 10, 15}) {
      checkpoints.save(step, state(step));
    }
    assertThat(names()).containsExactly("step-00000010", "step-00000015");
    assertThat(notices)
        .containsExactly(
            "The disk has no room for another checkpoint, so %s makes way."
                .formatted(folder.resolve("step-00000005")));
    assertThat(restoredValue()).isEqualTo(15);
  }

  @Test
  void theLastWholeOneNeverMakesWay() throws IOException {
    checkpoints = new Checkpoints(new SmallDisk(1), folder, 2, "fingerprint", notices::add);
    checkpoints.save(5, state(5));
    assertThatThrownBy(() -> checkpoints.save(10, state(10)))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("it takes 1 MB and the disk has 0 MB left");
    assertThat(names()).containsExactly("step-00000005");
    assertThat(notices).isEmpty();
  }

  @Test
  void neverStartsAfreshWhereAllAreBroken() throws IOException {
    for (int step : new int[] {5, 10}) {
      Files.write(checkpoints.save(step, state(step)).resolve("state.safetensors"), new byte[3]);
    }
    assertThatThrownBy(this::restoredValue)
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("None of the 2 checkpoints in " + folder + " is whole");
  }

  /** Runs from before skipped steps were counted go on. */
  @Test
  void takesOneWithoutANumberOfSkippedSteps() {
    checkpoints.save(5, state(5));
    Map<String, Tensor> counting = new HashMap<>(state(-1));
    counting.put("vqgan.skipped_steps", Tensor.of(new long[1], 1));
    assertThat(checkpoints.restore(counting)).isEqualTo(5);
    assertThat(counting.get("weight").toFloats()).containsExactly(5, 5);
    assertThat(counting.get("vqgan.skipped_steps").toLongs()).containsExactly(0);
    counting.put("vqgan.weight", Tensor.of(new long[1], 1));
    assertThatThrownBy(() -> checkpoints.restore(counting))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("holds other weights than this network");
  }

  @Test
  void refusesAnotherRunsCheckpoint() {
    checkpoints.save(5, state(5));
    assertThatThrownBy(
            () -> new Checkpoints(Disk.REAL, folder, 2, "another", notices::add).restore(state(-1)))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("belongs to a run with other settings or pictures");
  }

  @Test
  void refusesOtherNamesAndOtherShapes() {
    checkpoints.save(5, state(5));
    List<Map<String, Tensor>> others =
        List.of(
            Map.of("weight", Tensor.of(new float[2], 2)),
            Map.of("weight", Tensor.of(new float[] {0}, 1), "count", Tensor.of(new long[] {0}, 1)));
    for (Map<String, Tensor> other : others) {
      assertThatThrownBy(() -> checkpoints.restore(other))
          .isInstanceOf(CurrywurstException.class)
          .hasMessageContaining("holds other weights than this network");
    }
  }

  @Test
  void ignoresAHalfWrittenOne() throws IOException {
    checkpoints.save(5, state(5));
    Path half = Files.createDirectories(folder.resolve("step-00000010.tmp"));
    Files.write(half.resolve("state.safetensors"), new byte[100]);
    assertThat(restoredValue()).isEqualTo(5);
    checkpoints.save(10, state(10));
    assertThat(names()).containsExactly("step-00000005", "step-00000010");
    assertThat(restoredValue()).isEqualTo(10);
  }

  @Test
  void leavesTheOldOnesWhereANewOneFails() throws IOException {
    checkpoints.save(5, state(5));
    Map<String, Tensor> gone = state(20);
    gone.get("weight").close();
    assertThatThrownBy(() -> checkpoints.save(20, gone)).isInstanceOf(RuntimeException.class);
    assertThat(restoredValue()).isEqualTo(5);
    assertThat(names()).doesNotContain("step-00000020");
  }

  @Test
  void doesNotTrustARenamedOne() throws IOException {
    checkpoints.save(5, state(5));
    Path newest = checkpoints.save(10, state(10));
    Files.move(newest, folder.resolve("step-00000011"));
    assertThat(restoredValue()).isEqualTo(5);
  }

  @Test
  void tellsAboutACheckpointOfTheFuture() throws IOException {
    Path manifest = checkpoints.save(5, state(5)).resolve("manifest.json");
    String text = Files.readString(manifest);
    Files.writeString(manifest, text.replaceFirst("\"format\" : \\d+", "\"format\" : 99"));
    assertThatThrownBy(this::restoredValue)
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("was written by a newer Currywurst");
  }

  @Test
  void goesBackToAStepAndSetsLaterOnesAside() throws IOException {
    for (int step : new int[] {5, 10}) {
      checkpoints.save(step, state(step));
    }
    Map<String, Tensor> state = state(-1);
    assertThat(checkpoints.restoreStep(5, state)).isEqualTo(5);
    assertThat(state.get("weight").toFloats()).containsExactly(5, 5);
    assertThat(names()).containsExactly("step-00000005", "step-00000010.later");
    assertThat(notices)
        .containsExactly(
            "Going back to step 5; later checkpoints are kept as step-00000010.later.");
    assertThat(restoredValue()).as("the newest from now on").isEqualTo(5);
    checkpoints.save(10, state(10));
    checkpoints.restoreStep(5, state);
    assertThat(names()).containsExactly("step-00000005", "step-00000010.later");
  }

  @Test
  void namesTheStepsThatThereAre() {
    for (int step : new int[] {5, 10}) {
      checkpoints.save(step, state(step));
    }
    assertThatThrownBy(() -> checkpoints.restoreStep(7, state(-1)))
        .isInstanceOf(CurrywurstException.class)
        .hasMessage(
            "There is no checkpoint of step 7 in "
                + folder
                + "; there are those of step 10, step 5.");
  }

  @Test
  void saysThatTheWantedOneIsBrokenAndUsesNoOther() throws IOException {
    checkpoints.save(5, state(5));
    Files.write(checkpoints.save(10, state(10)).resolve("state.safetensors"), new byte[3]);
    assertThatThrownBy(() -> checkpoints.restoreStep(10, state(-1)))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("step-00000010 is broken (its bytes differ from its manifest)");
  }
}
