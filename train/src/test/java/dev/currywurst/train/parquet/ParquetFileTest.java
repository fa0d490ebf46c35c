package dev.currywurst.train.parquet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.currywurst.tensor.CurrywurstException;
import java.io.IOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Files that pyarrow wrote, see {@code bench/python/dataset_fixtures.py}. */
class ParquetFileTest {
  @TempDir Path folder;

  private static Path file(String name) {
    URL url = Objects.requireNonNull(ParquetFileTest.class.getResource("/sets/" + name));
    try {
      return Path.of(url.toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static List<List<String>> texts(ParquetFile file, String column) {
    List<List<String>> rows = new ArrayList<>();
    file.bytes(
        column,
        values ->
            rows.add(values.stream().map(v -> new String(v, StandardCharsets.UTF_8)).toList()));
    return rows;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "none-v1",
        "none-v2",
        "snappy-v1",
        "snappy-v2",
        "gzip-v1",
        "gzip-v2",
        "zstd-v1",
        "zstd-v2"
      })
  void readsColumnsWhateverTheirCompression(String name) {
    ParquetFile file = ParquetFile.open(file(name + ".parquet"));

    assertThat(file.rows()).isEqualTo(6);
    assertThat(file.columns())
        .containsExactly("picture.bytes", "picture.path", "captions.list.element", "weight", "id");
    assertThat(texts(file, "captions.list.element"))
        .containsExactly(
            List.of("first 0"),
            List.of("first 1", "second 1"),
            List.of("first 2"),
            List.of(),
            List.of("first 4"),
            List.of("first 5", "second 5"));
    assertThat(texts(file, "picture.path")).hasSize(6).allMatch(List::isEmpty);
    assertThat(file.numbers("weight")).containsExactly(0, 0.5, 1, 1.5, 2, 2.5);
    assertThat(file.numbers("id")).containsExactly(0, 1, 2, 3, 4, 5);
    List<byte[]> pictures = new ArrayList<>();
    file.bytes("picture.bytes", values -> pictures.add(values.get(0)));
    for (int row = 5; row >= 0; row--) {
      assertThat(file.bytes("picture.bytes", row)).isEqualTo(pictures.get(row));
      assertThat(pictures.get(row)).startsWith(0x89, 'P', 'N', 'G');
    }
    assertThat(file.bytes("picture.path", 2)).isNull();
  }

  @Test
  void findsAColumnByTheNameThatPeopleKnow() {
    ParquetFile file = ParquetFile.open(file("none-v1.parquet"));
    assertThat(file.leaf("captions")).contains("captions.list.element");
    assertThat(file.leaf("id")).contains("id");
    assertThat(file.leaf("picture")).as("two columns").isEmpty();
    assertThat(file.leaf("pic")).isEmpty();
  }

  @Test
  void namesWhatItCannotRead() {
    ParquetFile brotli = ParquetFile.open(file("brotli-v1.parquet"));
    assertThatThrownBy(() -> brotli.numbers("id"))
        .isInstanceOf(CurrywurstException.class)
        .hasMessage(
            "%s cannot be read as Parquet: it is compressed by BROTLI; write it again with snappy, zstd, gzip or no compression.",
            file("brotli-v1.parquet"));
    assertThatThrownBy(() -> brotli.numbers("text"))
        .hasMessageContaining("has no column text, but picture.bytes, picture.path,");
    assertThatThrownBy(() -> brotli.numbers("picture.path"))
        .hasMessageContaining("has no numbers in its column picture.path.");
    assertThatThrownBy(() -> texts(brotli, "id"))
        .hasMessageContaining("has no text or bytes in its column id.");
    assertThatThrownBy(() -> ParquetFile.open(folder.resolve("none.parquet")))
        .hasMessage("%s does not exist.", folder.resolve("none.parquet"));
  }

  @Test
  void aTruncatedFileIsAnError() throws IOException {
    byte[] whole = Files.readAllBytes(file("snappy-v1.parquet"));
    Path cut = folder.resolve("cut.parquet");
    for (int length = 0; length < whole.length; length += 61) {
      Files.write(cut, Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> ParquetFile.open(cut))
          .isInstanceOf(CurrywurstException.class)
          .hasMessageStartingWith(cut + " cannot be read as Parquet: it ");
    }
  }

  /** Damage gives other values or one sentence, never another exception or a full memory. */
  @ParameterizedTest
  @ValueSource(strings = {"snappy-v1", "zstd-v2", "gzip-v1", "none-v2", "none-v1"})
  void damageIsAnErrorOrUnnoticed(String name) throws IOException {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    byte[] whole = Files.readAllBytes(file(name + ".parquet"));
    Path damaged = folder.resolve("damaged.parquet");
    int refused = 0;
    for (int i = 0; i < 100; i++) {
      byte[] bytes = whole.clone();
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      Files.write(damaged, bytes);
      try {
        ParquetFile file = ParquetFile.open(damaged);
        for (String column : List.of("picture.bytes", "captions.list.element")) {
          file.bytes(column, values -> {});
        }
        file.numbers("weight");
        file.bytes("picture.bytes", 5);
      } catch (CurrywurstException e) {
        refused++;
      }
    }
    assertThat(refused).isBetween(10, 100);
  }
}
