package dev.currywurst.train.stage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FeatureStoreTest {
  @TempDir private Path folder;

  @Test
  void keepsWhatTheNextRunFinds() {
    new FeatureStore(folder, "encoder").keep("abc", new float[] {1, 2.5f});
    FeatureStore later = new FeatureStore(folder, "encoder");
    assertThat(later.find("abc")).containsExactly(1, 2.5f);
    assertThat(later.find("abd")).isNull();
    assertThat(new FeatureStore(folder, "another encoder").find("abc")).isNull();
  }

  @Test
  void doesNotTrustDamagedEntries() throws IOException {
    new FeatureStore(folder, "encoder").keep("abc", new float[] {1, 2, 3});
    Path file = onlyFile();
    byte[] whole = Files.readAllBytes(file);
    for (int i = 0; i < whole.length; i++) {
      byte[] damaged = whole.clone();
      damaged[i] ^= 1;
      Files.write(file, damaged);
      assertThat(new FeatureStore(folder, "encoder").find("abc")).as("byte " + i).isNull();
    }
    for (int length = 0; length < whole.length; length++) {
      Files.write(file, Arrays.copyOf(whole, length));
      assertThat(new FeatureStore(folder, "encoder").find("abc")).as("length " + length).isNull();
    }
  }

  @Test
  void forgetsTheOldestInMemoryButNotOnTheDisk() throws IOException {
    FeatureStore small = new FeatureStore(folder, "encoder", 2 * 4 * 100);
    for (String key : List.of("aa", "bb", "cc", "dd")) {
      small.keep(key, new float[100]);
    }
    try (Stream<Path> files = Files.walk(folder)) {
      files.filter(file -> file.endsWith("aa") && Files.isRegularFile(file)).forEach(this::delete);
      assertThat(small.find("aa")).isNull();
    }
    assertThat(small.find("bb")).hasSize(100);
    assertThat(small.find("dd")).hasSize(100);
  }

  @Test
  void encodesOnlyWhatIsMissingAndEachSampleAlone() {
    List<List<Integer>> asked = new ArrayList<>();
    KeptFeatures features = new KeptFeatures(new FeatureStore(folder, "encoder"));
    List<Optional<String>> keys = List.of(Optional.of("k1"), Optional.of("k2"));
    try (Scope scope = Scope.open()) {
      for (int i = 0; i < 2; i++) {
        Tensor both = features.of(keys, places -> record(asked, places), 2);
        assertThat(both.shape()).containsExactly(2, 2);
        assertThat(both.toFloats()).containsExactly(0, 10, 1, 11);
      }
    }
    assertThat(asked).containsExactly(List.of(0), List.of(1));
  }

  @Test
  void keepsNothingOfSamplesThatNeverComeAgain() throws IOException {
    List<List<Integer>> asked = new ArrayList<>();
    KeptFeatures features = new KeptFeatures(new FeatureStore(folder, "encoder"));
    List<Optional<String>> keys = List.of(Optional.empty(), Optional.empty());
    try (Scope scope = Scope.open()) {
      assertThat(features.of(keys, places -> record(asked, places), 2).toFloats())
          .containsExactly(0, 10, 1, 11);
    }
    assertThat(asked).containsExactly(List.of(0, 1));
    try (Stream<Path> files = Files.walk(folder)) {
      assertThat(files.filter(Files::isRegularFile)).isEmpty();
    }
  }

  /** An encoder that makes [place, place + 10] of a sample. */
  private static Tensor record(List<List<Integer>> asked, List<Integer> places) {
    asked.add(places);
    float[] values = new float[2 * places.size()];
    for (int i = 0; i < places.size(); i++) {
      values[2 * i] = places.get(i);
      values[2 * i + 1] = places.get(i) + 10;
    }
    return Tensor.of(values, places.size(), 2);
  }

  private Path onlyFile() throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).findFirst().orElseThrow();
    }
  }

  private void delete(Path file) {
    try {
      Files.delete(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
