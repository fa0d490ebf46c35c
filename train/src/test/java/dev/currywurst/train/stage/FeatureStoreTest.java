package dev.currywurst.train.stage;

import static org.assertj.core.api.Assertions.assertThat;

import dev.currywurst.tensor.Scope;
import dev.currywurst.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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

  @ParameterizedTest
  @ValueSource(strings = {"values.pack", "values.index"})
  void doesNotTrustDamagedEntries(String name) throws IOException {
    new FeatureStore(folder, "encoder").keep("abc", new float[] {1, 2, 3});
    Path file = folder.resolve("encoder").resolve(name);
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
    FeatureStore mended = new FeatureStore(folder, "encoder");
    mended.find("abc");
    mended.keep("abc", new float[] {1, 2, 3});
    assertThat(new FeatureStore(folder, "encoder").find("abc")).containsExactly(1, 2, 3);
  }

  @Test
  void forgetsTheOldestInMemoryButNotOnTheDisk() throws IOException {
    FeatureStore small = new FeatureStore(folder, "encoder", 2 * 4 * 100, 0);
    for (String key : List.of("aa", "bb", "cc", "dd")) {
      small.keep(key, new float[100]);
    }
    assertThat(small.find("bb")).hasSize(100);
    Files.delete(folder.resolve("encoder/values.pack"));
    assertThat(small.find("aa")).isNull();
    assertThat(small.find("dd")).hasSize(100);
  }

  @Test
  void twoThatUseOneFolderShareWhatTheyFind() {
    FeatureStore one = new FeatureStore(folder, "encoder");
    FeatureStore other = new FeatureStore(folder, "encoder");
    for (int i = 0; i < 100; i++) {
      (i % 2 == 0 ? one : other).keep("key" + i, new float[] {i});
      assertThat((i % 2 == 0 ? other : one).find("key" + i)).containsExactly(i);
    }
    FeatureStore third = new FeatureStore(folder, "encoder");
    for (int i = 0; i < 100; i++) {
      assertThat(third.find("key" + i)).containsExactly(i);
    }
  }

  @Test
  void deletesWhatNobodyUsedForAMonth() throws IOException {
    for (String owner : List.of("old", "young")) {
      new FeatureStore(folder, owner).keep("abc", new float[] {1});
    }
    Instant longAgo = Instant.now().minus(Duration.ofDays(31));
    Files.setLastModifiedTime(folder.resolve("old"), FileTime.from(longAgo));
    new FeatureStore(folder, "encoder");
    assertThat(folder.resolve("old")).doesNotExist();
    assertThat(new FeatureStore(folder, "young").find("abc")).containsExactly(1);
  }

  @Test
  void leavesRoomOnTheDisk() {
    FeatureStore store = new FeatureStore(folder, "encoder", 1000, Long.MAX_VALUE);
    store.keep("abc", new float[] {1});
    assertThat(store.find("abc")).as("in memory").containsExactly(1);
    assertThat(new FeatureStore(folder, "encoder").find("abc")).isNull();
  }

  @Test
  void leavesRoomForCheckpoints() {
    FeatureStore store = new FeatureStore(folder, "encoder", 1000, 0);
    store.keep("abc", new float[] {1});
    store.leaveFree(Long.MAX_VALUE);
    store.keep("abd", new float[] {2});
    FeatureStore later = new FeatureStore(folder, "encoder");
    assertThat(later.find("abc")).containsExactly(1);
    assertThat(later.find("abd")).isNull();
  }

  /** It would be computed again; a run that ended would be lost. */
  @Test
  void whatCannotBeWrittenIsNotKept() throws IOException {
    Path inTheWay = Files.createDirectories(folder.resolve("encoder/values.pack"));
    FeatureStore store = new FeatureStore(folder, "encoder");
    store.keep("abc", new float[] {1});
    assertThat(store.find("abc")).as("in memory").containsExactly(1);
    assertThat(store.find("abd")).isNull();
    Files.delete(inTheWay);
    store.keep("abd", new float[] {2});
    assertThat(new FeatureStore(folder, "encoder").find("abd")).containsExactly(2);
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
}
