package dev.currywurst.train.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import dev.currywurst.image.ImageDecoder;
import dev.currywurst.image.RgbaImage;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.data.CaptionedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sets that Hugging Face's {@code datasets} and webdataset wrote. */
class DatasetTest {
  private static final List<String> CAPTIONS =
      Stream.of(0, 1, 2, 3, 4, 5).map(i -> "picture " + i + " of six").toList();

  @TempDir Path folder;
  private Path cache = Path.of("cache");

  @BeforeEach
  void makeCache() {
    cache = folder.resolve("cache");
  }

  private static Path copied(String name, Path to) throws IOException {
    URL url = Objects.requireNonNull(DatasetTest.class.getResource("/sets/" + name));
    Files.createDirectories(Objects.requireNonNull(to.getParent()));
    Files.copy(Path.of(URI.create(url.toString())), to);
    return to;
  }

  private Path tars() throws IOException {
    Path tars = folder.resolve("tars");
    copied("shard-000.tar", tars.resolve("shard-000.tar"));
    copied("shard-001.tar", tars.resolve("shard-001.tar"));
    return tars;
  }

  private Dataset open(Object source) {
    return open(source, Columns.USUAL);
  }

  private Dataset open(Object source, Columns columns) {
    return Dataset.open(source.toString(), columns, cache);
  }

  private static List<RgbaImage> pictures(Dataset set) {
    return set.images().stream()
        .map(image -> ImageDecoder.DEFAULT.decode(image.picture().read(), image.name()))
        .toList();
  }

  private static List<String> captions(Dataset set) {
    return set.images().stream().map(CaptionedImage::caption).toList();
  }

  @Test
  void readsAParquetFileOfTheHub() throws IOException {
    Path file = copied("hub.parquet", folder.resolve("hub.parquet"));
    Dataset set = open(file);

    assertThat(set.format()).hasToString("parquet");
    assertThat(captions(set)).isEqualTo(CAPTIONS);
    assertThat(set.images().get(4).name()).isEqualTo(file + ", row 5 4.png");
    assertThat(pictures(set)).allMatch(picture -> picture.width() == 12 && picture.height() == 8);
    assertThat(set.images().stream().map(CaptionedImage::contentHash).distinct()).hasSize(6);
  }

  @Test
  void takesWhatTrainsOfAFolderOfParquetFiles() throws IOException {
    copied("hub.parquet", folder.resolve("set/data/train-00000-of-00002.parquet"));
    copied("hub.parquet", folder.resolve("set/data/train-00001-of-00002.parquet"));
    copied("hub.parquet", folder.resolve("set/data/test-00000-of-00001.parquet"));
    Files.writeString(folder.resolve("set/README.md"), "about");

    Dataset set = open(folder.resolve("set"));

    assertThat(set.images()).hasSize(12);
    assertThat(set.notices())
        .containsExactly(
            "Trains on 2 files named train; 1 others are left out, test-00000-of-00001.parquet first.");
    assertThat(open(folder.resolve("set/data/t*.parquet")).images()).hasSize(18);
  }

  @Test
  void columnsCanBeChosen() throws IOException {
    Path file = copied("snappy-v1.parquet", folder.resolve("own.parquet"));
    Columns columns = new Columns(Optional.of("picture"), Optional.of("captions"));

    assertThatThrownBy(() -> open(file, new Columns(Optional.of("photo"), Optional.empty())))
        .hasMessage(
            "%s has no column of pictures named photo; set image_column to one of picture.bytes, picture.path, captions.list.element, weight, id.",
            file);
    assertThatThrownBy(() -> open(file, new Columns(Optional.empty(), Optional.of("said"))))
        .hasMessageContaining("has no column of captions named said; set caption_column to one of");
    assertThatThrownBy(() -> open(file, columns))
        .hasMessage("%s has pictures without a caption: row 4.", file);
  }

  @Test
  void readsTarsOfWebDataset() throws IOException {
    Dataset set = open(tars());

    assertThat(set.format()).hasToString("webdataset");
    assertThat(set.images().get(0).captions()).containsExactly("picture 0 of six");
    assertThat(set.images().get(1).captions())
        .containsExactly("picture 1 of six", "again picture 1 of six");
    assertThat(set.images().get(1).weight()).isEqualTo(2);
    assertThat(set.images().get(2).captions()).containsExactly("a class");
    assertThat(set.images().get(5).name())
        .isEqualTo(folder.resolve("tars/shard-001.tar") + ": part/0005.png");
    Dataset parquet = open(copied("hub.parquet", folder.resolve("hub.parquet")));
    assertThat(pictures(set)).isEqualTo(pictures(parquet));
    assertThat(set.images().stream().map(CaptionedImage::contentHash))
        .isEqualTo(parquet.images().stream().map(CaptionedImage::contentHash).toList());
  }

  /** Also what was unpacked from an archive lies beside it: said, and not mixed in. */
  @Test
  void tellsOfPicturesBesideAnArchive() throws IOException {
    Path tars = tars();
    Files.copy(copied("shard-000.tar", folder.resolve("x.png")), tars.resolve("000.png"));
    assertThat(open(tars).notices())
        .containsExactly(
            tars + ": reads shard-000.tar; pictures beside it, such as 000.png, are left out.");
  }

  /** img2dataset writes 00000.tar, and a table of what it knows of its pictures. */
  @Test
  void aTableBesideATarOfItsNameHoldsNoPictures() throws IOException {
    Path tars = tars();
    Files.writeString(tars.resolve("shard-000.parquet"), "of addresses");
    Files.writeString(tars.resolve("shard-001.parquet"), "of addresses");
    assertThat(open(tars).images()).hasSize(6);
  }

  /** As by {@code rsync -a} of an archive with corrected captions. */
  @Test
  void anArchiveThatWasReplacedIsReadAgain() throws IOException {
    Path tar = copied("shard-000.tar", folder.resolve("set.tar"));
    FileTime time = Files.getLastModifiedTime(tar);
    assertThat(open(tar).images().get(0).caption()).isEqualTo(CAPTIONS.get(0));
    String bytes = Files.readString(tar, StandardCharsets.ISO_8859_1);
    Files.writeString(
        tar, bytes.replace(CAPTIONS.get(0), "picture A of six"), StandardCharsets.ISO_8859_1);
    Files.setLastModifiedTime(tar, time);
    assertThat(open(tar).images().get(0).caption()).isEqualTo("picture A of six");
  }

  @Test
  void patternsNameManyFiles() throws IOException {
    Path tars = tars();
    assertThat(open(tars + "/shard-{000..001}.tar").images()).hasSize(6);
    assertThat(open(tars + "/shard-00{1,0}.tar").images().get(0).name()).contains("shard-001.tar");
    assertThat(open(tars + "/*1.tar").images()).hasSize(3);
    assertThat(open(folder + "/t*/shard-00[0-9].tar").images()).hasSize(6);
    assertThatThrownBy(() -> open(tars + "/shard-{000..003}.tar"))
        .hasMessage("%s, %s do not exist.", tars + "/shard-002.tar", tars + "/shard-003.tar");
    assertThatThrownBy(() -> open(tars + "/shard-2.tar"))
        .hasMessage("%s does not exist.", tars + "/shard-2.tar");
    assertThatThrownBy(() -> open(tars + "/*.zip"))
        .hasMessage("No file is named like %s.", tars + "/*.zip");
    assertThatThrownBy(() -> open(tars + "/{0..999999}.tar"))
        .hasMessageContaining("stands for more than 100000 files");
  }

  @Test
  void anArchiveIsReadThroughOnce() throws IOException {
    Path tar = tars().resolve("shard-000.tar");
    open(tar);
    try (Stream<Path> indexes = Files.list(cache.resolve("indexes"))) {
      Path index = indexes.findFirst().orElseThrow();
      Files.writeString(
          index, Files.readString(index).replace(CAPTIONS.get(0), "read from the index"));
      assertThat(open(tar).images().get(0).caption()).isEqualTo("read from the index");
      Files.writeString(index, "damaged");
    }
    Dataset set = open(tar);
    assertThat(set.images().get(0).caption()).isEqualTo(CAPTIONS.get(0));

    byte[] bytes = Files.readAllBytes(tar);
    bytes[indexOf(bytes, "PNG")] = 'p';
    Files.write(tar, bytes);
    assertThatThrownBy(() -> set.images().get(0).picture().read())
        .hasMessage(
            "%s has another picture at part/0000.png than when it was listed; start again.", tar);
  }

  private static int indexOf(byte[] bytes, String text) {
    for (int i = 0; ; i++) {
      if (new String(bytes, i, text.length(), java.nio.charset.StandardCharsets.ISO_8859_1)
          .equals(text)) {
        return i;
      }
    }
  }

  @Test
  void aTruncatedTarIsAnError() throws IOException {
    Path tar = tars().resolve("shard-000.tar");
    byte[] whole = Files.readAllBytes(tar);
    // All blocks up to the two of zeros that end a tar.
    int members = 6 * 512 + 6 * 512;
    for (int length = 0; length <= members; length += 171) {
      Files.write(tar, Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> open(tar))
          .isInstanceOf(CurrywurstException.class)
          .hasMessageContaining(
              tar + (length < 512 ? " is neither Parquet nor a tar" : " cannot be read as a tar"));
    }
  }

  @Test
  void fetchesWhatComesFromAnAddressOnce() throws IOException {
    Path tars = tars();
    AtomicInteger bodies = new AtomicInteger();
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          Path file = tars.resolve(exchange.getRequestURI().getPath().substring(1));
          if (!Files.exists(file)) {
            exchange.sendResponseHeaders(404, -1);
            return;
          }
          bodies.incrementAndGet();
          exchange.getResponseHeaders().set("ETag", "\"1\"");
          exchange.sendResponseHeaders(200, Files.size(file));
          exchange.getResponseBody().write(Files.readAllBytes(file));
          exchange.close();
        });
    server.start();
    try {
      String host = "http://localhost:" + server.getAddress().getPort();
      assertThat(open(host + "/shard-{000..001}.tar").images()).hasSize(6);
      assertThat(open(host + "/shard-{000..001}.tar").images()).hasSize(6);
      try (Stream<Path> files = Files.list(cache.resolve("streams"))) {
        assertThat(files).hasSize(2);
      }
      assertThatThrownBy(() -> open(host + "/shard-9.tar"))
          .hasMessage("%s answers with status 404 instead of a file.", host + "/shard-9.tar");
    } finally {
      server.stop(0);
    }
  }

  @Test
  void readsStandardInput() throws IOException {
    InputStream before = System.in;
    try {
      System.setIn(new ByteArrayInputStream(new byte[0]));
      assertThatThrownBy(() -> open("-")).hasMessage("Nothing came from standard input.");
      System.setIn(Files.newInputStream(tars().resolve("shard-001.tar")));
      assertThat(captions(open("-"))).isEqualTo(CAPTIONS.subList(3, 6));
      // It can be read once, and a run opens its pictures more than once.
      System.setIn(new ByteArrayInputStream(new byte[0]));
      assertThat(captions(open("-"))).isEqualTo(CAPTIONS.subList(3, 6));
    } finally {
      System.setIn(before);
    }
  }
}
