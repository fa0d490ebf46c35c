package dev.currywurst.train.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.currywurst.image.Image;
import dev.currywurst.image.ImageDecoder;
import dev.currywurst.image.Png;
import dev.currywurst.image.Rgb;
import dev.currywurst.image.RgbaImage;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.data.CaptionedImage;
import dev.currywurst.train.data.ImageLoader;
import dev.currywurst.train.data.Preparation;
import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.zip.CRC32;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One clear sentence for everything that can be wrong with a set. */
class BadInputTest {
  @TempDir Path folder;
  private final byte[] picture = Png.encode(Image.filled(3, 2, new Rgb(9, 8, 7)));
  private Path tar = Path.of("set.tar");

  @BeforeEach
  void nameTar() {
    tar = folder.resolve("set.tar");
  }

  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  private record Member(String name, byte[] content) {
    Member(String name, String text) {
      this(name, text.getBytes(StandardCharsets.UTF_8));
    }
  }

  private void write(Member... members) throws IOException {
    try (TarArchiveOutputStream out = new TarArchiveOutputStream(Files.newOutputStream(tar))) {
      for (Member member : members) {
        TarArchiveEntry entry = new TarArchiveEntry(member.name, true);
        entry.setSize(member.content.length);
        out.putArchiveEntry(entry);
        out.write(member.content);
        out.closeArchiveEntry();
      }
    }
  }

  private List<CaptionedImage> open(Path source) {
    return Dataset.open(source.toString(), Columns.USUAL, folder.resolve("cache")).images();
  }

  private void assertRefused(String message) {
    assertThatThrownBy(() -> open(tar))
        .isInstanceOf(CurrywurstException.class)
        .hasMessage(message, tar);
  }

  @Test
  void emptySets() throws IOException {
    Path empty = Files.createDirectory(folder.resolve("empty"));
    assertThatThrownBy(() -> open(empty))
        .hasMessage(
            "%s holds no pictures (bmp, gif, jpeg, jpg, png, webp) and no metadata.jsonl.", empty);
    write();
    assertRefused("%s holds no pictures (png, jpg, webp, gif or bmp members).");
    write(new Member("a.txt", "a caption without a picture"));
    assertRefused("%s holds no pictures (png, jpg, webp, gif or bmp members).");
  }

  @Test
  void missingCaptions() throws IOException {
    write(
        new Member("a.png", picture),
        new Member("a.txt", "one"),
        new Member("b.png", picture),
        new Member("c.png", picture),
        new Member("c.txt", " \n"));
    assertRefused("%s has pictures without a caption: b.png, c.png.");
  }

  @Test
  void membersThatLeadOutside() throws IOException {
    for (String name : List.of("../a.png", "x/../../a.png", "/etc/a.png")) {
      write(new Member(name, picture), new Member("a.txt", "one"));
      assertRefused(
          "%s has the member "
              + name
              + ", which leads outside; such an archive is not to be trusted.");
    }
  }

  @Test
  void oneNameTwice() throws IOException {
    write(new Member("a.png", picture), new Member("a.png", picture), new Member("a.txt", "one"));
    assertRefused("%s has a.png twice in one sample; give each picture a name of its own.");
  }

  @Test
  void brokenTextsBesidePictures() throws IOException {
    write(new Member("a.png", picture), new Member("a.txt", new byte[] {(byte) 0xff, 'a'}));
    assertRefused("%s: a.txt is not UTF-8 text: save it as UTF-8.");
    write(new Member("a.png", picture), new Member("a.json", "[1]"));
    assertRefused("%s: a.json is not a JSON object.");
    write(new Member("a.png", picture), new Member("a.json", "{\"text\": 5}"));
    assertRefused("%s: a.json has something other than text under \"text\".");
    write(new Member("a.png", picture), new Member("a.json", "{\"text\": \"a\", \"weight\": -1}"));
    assertRefused("%s: a.json has something other than a number from 0 up under \"weight\".");
  }

  @Test
  void filesThatAreNoSetAtAll() throws IOException {
    for (String text : List.of("", "no set", "no set ".repeat(1000), "PAR0" + "x".repeat(600))) {
      Files.writeString(tar, text);
      assertRefused(
          "%s is neither Parquet nor a tar, as its first bytes tell; give a folder of pictures,"
              + " Parquet files or tars.");
    }
  }

  @Test
  void linesThatAreNotUtf8() throws IOException {
    Files.write(folder.resolve("0.png"), picture);
    Path lines = folder.resolve("metadata.jsonl");
    String good = "{\"file_name\": \"0.png\", \"text\": \"gr\u00fcn\"}\n";
    byte[] bad = (good + good).getBytes(StandardCharsets.UTF_8);
    bad[bad.length - 5] = (byte) 0xff;
    Files.write(lines, bad);
    assertThatThrownBy(() -> open(folder))
        .hasMessage("%s, line 2 is not UTF-8 text: save it as UTF-8.", lines);
  }

  @Test
  void compressedTars() throws IOException {
    Files.write(tar, new byte[] {0x1f, (byte) 0x8b, 8, 0, 0});
    assertRefused(
        "%s is compressed; unpack it with gunzip, since pictures do not get smaller by it.");
  }

  /**
   * 20,000 times 20,000 pixels in a few bytes: refused by the header, before anything is decoded.
   */
  @Test
  void bombs() throws IOException {
    byte[] bomb = picture.clone();
    ByteBuffer.wrap(bomb).putInt(16, 20_000).putInt(20, 20_000);
    CRC32 checksum = new CRC32();
    checksum.update(bomb, 12, 17);
    ByteBuffer.wrap(bomb).putInt(29, (int) checksum.getValue());
    Member[] members = new Member[60];
    for (int i = 0; i < 30; i++) {
      members[2 * i] = new Member("%02d.png".formatted(i), i == 7 ? bomb : picture);
      members[2 * i + 1] = new Member("%02d.txt".formatted(i), "one");
    }
    write(members);
    ImageLoader.Loaded<Integer> loaded =
        new ImageLoader(ImageDecoder.DEFAULT, 1, 0.05).load(open(tar), RgbaImage::width);
    assertThat(loaded.samples()).hasSize(29);
    assertThat(loaded.report().notice())
        .hasValue(
            "Left out 1 of 30 pictures: %s: 07.png declares 20000x20000 pixels, more than the limit of 64000000: make it smaller."
                .formatted(tar));
  }

  @Test
  void onePixel() {
    RgbaImage one = RgbaImage.of(Image.filled(1, 1, new Rgb(5, 6, 7)));
    assertThat(Preparation.centerCrop(64).apply(one))
        .isEqualTo(Image.filled(64, 64, new Rgb(5, 6, 7)));
  }

  @Test
  void metadataAsTables() throws IOException {
    Files.write(folder.resolve("0.png"), picture);
    Files.write(folder.resolve("1.png"), picture);
    Path csv = folder.resolve("metadata.csv");
    Files.writeString(csv, "file_name,text,weight\n0.png,\"a, b\nc\",2\n1.png,d,\n");
    assertThat(open(folder)).extracting(CaptionedImage::caption).containsExactly("a, b\nc", "d");
    assertThat(open(folder)).extracting(CaptionedImage::weight).containsExactly(2.0, 1.0);
    Files.writeString(csv, "file_name,text\n0.png,a\n1.png,\"b\n");
    assertThatThrownBy(() -> open(folder))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining(csv + ", line ")
        .hasMessageContaining("is not valid CSV");
    Files.writeString(csv, "file_name,text\n0.png,a\n../1.png,b\n");
    assertThatThrownBy(() -> open(folder))
        .hasMessage(
            "%s, line 3 names \"../1.png\", which lies outside the folder: move the picture"
                + " inside.",
            csv);
    Files.writeString(csv, "name,text\n0.png,a\n");
    assertThatThrownBy(() -> open(folder))
        .hasMessage("%s has no column \"file_name\", but name, text.", csv);
    Files.writeString(csv, "file_name,text,weight\n0.png,a,often\n");
    assertThatThrownBy(() -> open(folder))
        .hasMessage(
            "%s, line 2 has something other than a number from 0 up under \"weight\".", csv);
    Files.delete(csv);
    URL table = Objects.requireNonNull(BadInputTest.class.getResource("/sets/metadata.parquet"));
    Files.copy(Path.of(URI.create(table.toString())), folder.resolve("metadata.parquet"));
    assertThat(open(folder))
        .extracting(CaptionedImage::caption)
        .containsExactly(
            "picture 0 of six, \"quoted\", with ä", "picture 1 of six, \"quoted\", with ä");
    assertThat(open(folder)).extracting(CaptionedImage::weight).containsExactly(1.0, 2.0);
  }
}
