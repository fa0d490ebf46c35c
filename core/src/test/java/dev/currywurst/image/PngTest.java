package dev.currywurst.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.testkit.Fixtures;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.DeflaterOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PngTest {
  private static final Image IMAGE =
      ImageDecoder.DEFAULT.read(Fixtures.path("pictures/source.png"), Rgb.WHITE);

  @TempDir Path folder;

  @Test
  void keepsPixelsAndText() {
    Path file = folder.resolve("fox.png");
    Png.write(IMAGE, Map.of("parameters", "a fox\nSteps: 20"), file);

    assertThat(ImageDecoder.DEFAULT.read(file, Rgb.WHITE)).isEqualTo(IMAGE);
    assertThat(Png.text(file)).containsExactly(Map.entry("parameters", "a fox\nSteps: 20"));
  }

  @Test
  void writesNoTextUnlessAsked() {
    assertThat(Png.text(Png.encode(IMAGE), "a.png")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "plain", "Würstchen", "日本語", "a 🦊 fox", "tab\tand\r\nlines"})
  void keepsAnyText(String text) {
    byte[] file = Png.encode(IMAGE, Map.of("parameters", text));
    assertThat(Png.text(file, "a.png")).containsEntry("parameters", text);
  }

  /** What readers of the last century understand, where it suffices. */
  @Test
  void latinTextIsPlainAndOtherTextIsUtf8() throws IOException {
    PngChunks latin = PngChunks.of(Png.encode(IMAGE, Map.of("parameters", "Würstchen")));
    assertThat(latin.first("tEXt"))
        .contains("parameters\0Würstchen".getBytes(StandardCharsets.ISO_8859_1));
    PngChunks other = PngChunks.of(Png.encode(IMAGE, Map.of("parameters", "寿司")));
    assertThat(other.first("tEXt")).isEmpty();
    assertThat(other.first("iTXt"))
        .contains("parameters\0\0\0\0\0寿司".getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void whatNoTextCanHoldIsReplaced() {
    byte[] file = Png.encode(IMAGE, Map.of("a", "x\0y", "b", "half \ud83e pair"));
    assertThat(Png.text(file, "a.png"))
        .containsEntry("a", "x\ufffdy")
        .containsEntry("b", "half ? pair");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " x", "ключ", "a\nb"})
  void keywordsThatPngForbidsAreRefused(String keyword) {
    assertThatThrownBy(() -> Png.encode(IMAGE, Map.of(keyword, "x")))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void readsCompressedTextButNoBombs() throws IOException {
    assertThat(Png.text(withCompressedText("hello".getBytes(StandardCharsets.UTF_8)), "a.png"))
        .containsEntry("note", "hello");
    assertThat(Png.text(withCompressedText(new byte[20 << 20]), "a.png")).isEmpty();
  }

  private static byte[] withCompressedText(byte[] text) throws IOException {
    ByteArrayOutputStream data = new ByteArrayOutputStream();
    data.writeBytes("zTXtnote\0\0".getBytes(StandardCharsets.US_ASCII));
    try (DeflaterOutputStream deflater = new DeflaterOutputStream(data)) {
      deflater.write(text);
    }
    byte[] typed = data.toByteArray();
    byte[] plain = Png.encode(IMAGE);
    int end = plain.length - 12;
    return ByteBuffer.allocate(plain.length + typed.length + 8)
        .put(plain, 0, end)
        .putInt(typed.length - 4)
        .put(typed)
        .putInt(PngChunks.checksum(typed, 0, typed.length))
        .put(plain, end, 12)
        .array();
  }

  @Test
  void aFailedWriteLeavesNothing() throws IOException {
    Path inMissingFolder = folder.resolve("missing").resolve("a.png");
    assertThatThrownBy(() -> Png.write(IMAGE, inMissingFolder))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining(inMissingFolder.toString());

    Path taken = Files.createDirectory(folder.resolve("taken.png"));
    Files.createFile(taken.resolve("inside"));
    assertThatThrownBy(() -> Png.write(IMAGE, taken)).isInstanceOf(CurrywurstException.class);
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).containsExactly(taken);
    }
  }

  @Test
  void textOfOtherFilesIsRefused() throws IOException {
    Path jpeg = Fixtures.path("pictures/decoded/baseline.jpg");
    assertThatThrownBy(() -> Png.text(jpeg))
        .isInstanceOf(CurrywurstException.class)
        .hasMessage(jpeg + " is not a PNG picture.");
    byte[] cut = java.util.Arrays.copyOf(Png.encode(IMAGE), 100);
    assertThatThrownBy(() -> Png.text(cut, "cut.png"))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageStartingWith("cut.png is a damaged PNG picture: ");
  }
}
