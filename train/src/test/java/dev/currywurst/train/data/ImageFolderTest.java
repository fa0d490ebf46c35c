package dev.currywurst.train.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.currywurst.image.Image;
import dev.currywurst.image.Png;
import dev.currywurst.image.Rgb;
import dev.currywurst.tensor.CurrywurstException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageFolderTest {
  @TempDir Path folder;

  private Path picture(String name, int level) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    Png.write(Image.filled(2, 2, new Rgb(level, level, level)), file);
    return file;
  }

  private void metadata(String text) throws IOException {
    Files.writeString(folder.resolve("metadata.jsonl"), text);
  }

  private List<CaptionedImage> list() {
    return ImageFolder.DEFAULT.list(folder);
  }

  private void assertRefused(String message) {
    assertRefused(this::list, message);
  }

  private static void assertRefused(ThrowingCallable call, String message) {
    assertThatThrownBy(call).isInstanceOf(CurrywurstException.class).hasMessage(message);
  }

  /** Whoever stands in the folder says ".": its name is no part of the pictures' names. */
  @Test
  void theFolderMayBeTheOneOneStandsIn() throws IOException {
    metadata("{\"file_name\": \"a.png\", \"text\": \"a square\"}\n");
    Path file = folder.resolve("metadata.jsonl");
    assertThat(new Metadata(file, Path.of("."), "file_name", "text").read())
        .containsOnlyKeys(Path.of("a.png"));
  }

  @Test
  void readsMetadataInItsOrder() throws IOException {
    Path b = picture("b.png", 1);
    Path a = picture("deep/er/a.png", 2);
    metadata(
        """
        {"file_name": "b.png", "text": " a black square ", "other": 3}

        {"file_name": "deep/er/a.png", "text": ["a square", "a dark square"]}
        """);
    assertThat(list()).extracting(CaptionedImage::file).containsExactly(b, a);
    assertThat(list().get(0).caption()).isEqualTo("a black square");
    assertThat(list().get(1).captions()).containsExactly("a square", "a dark square");
  }

  @Test
  void severalLinesForOnePictureAddUp() throws IOException {
    picture("a.png", 1);
    metadata(
        """
        {"file_name": "a.png", "text": "one"}
        {"file_name": "./a.png", "text": "two"}
        """);
    assertThat(list())
        .singleElement()
        .extracting(CaptionedImage::captions)
        .isEqualTo(List.of("one", "two"));
  }

  @Test
  void otherKeysCanBeNamed() throws IOException {
    picture("a.png", 1);
    metadata("\ufeff{\"image\": \"a.png\", \"caption\": \"ein Quadrat\"}");
    assertThat(new ImageFolder("image", "caption").list(folder))
        .singleElement()
        .extracting(CaptionedImage::caption)
        .isEqualTo("ein Quadrat");
    assertRefused(
        folder.resolve("metadata.jsonl")
            + ", line 1 has no text under \"file_name\", but keys image, caption.");
  }

  @Test
  void readsTextFilesBesidePicturesByPath() throws IOException {
    Path b = picture("b.png", 1);
    Path a = picture("sub/A.PNG", 2);
    picture(".thumbnails/c.png", 3);
    Files.writeString(folder.resolve("b.txt"), "\ufeffa square\r\n\r\n  a dark square  \n");
    Files.writeString(folder.resolve("sub/A.txt"), "ein Würfel");
    Files.writeString(folder.resolve("notes.md"), "not a picture");

    assertThat(list()).extracting(CaptionedImage::file).containsExactly(b, a);
    assertThat(list().get(0).captions()).containsExactly("a square", "a dark square");
    assertThat(list().get(1).captions()).containsExactly("ein Würfel");
  }

  @Test
  void theHashIsOfTheBytesAndNotOfTheName() throws IOException {
    picture("a.png", 1);
    picture("b.png", 1);
    picture("c.png", 2);
    metadata(
        """
        {"file_name": "a.png", "text": "x"}
        {"file_name": "b.png", "text": "y"}
        {"file_name": "c.png", "text": "z"}
        """);
    List<String> hashes = list().stream().map(CaptionedImage::contentHash).toList();
    assertThat(hashes.get(0)).hasSize(64).isEqualTo(hashes.get(1)).isNotEqualTo(hashes.get(2));
  }

  @Test
  void missingAndEmptyFoldersAreNamed() throws IOException {
    Path missing = folder.resolve("missing");
    assertRefused(() -> ImageFolder.DEFAULT.list(missing), missing + " does not exist.");
    Path file = Files.createFile(folder.resolve("file"));
    assertRefused(() -> ImageFolder.DEFAULT.list(file), file + " is not a folder.");
    assertRefused(
        folder + " holds no pictures (bmp, gif, jpeg, jpg, png, webp) and no metadata.jsonl.");
    metadata("\n");
    assertRefused(folder.resolve("metadata.jsonl") + " names no pictures.");
  }

  @Test
  void missingCaptionsAreNamedTogether() throws IOException {
    picture("0.png", 0);
    Files.writeString(folder.resolve("0.txt"), "fine");
    picture("1.png", 1);
    Files.writeString(folder.resolve("1.txt"), " \n");
    for (int i = 2; i < 8; i++) {
      picture(i + ".png", i);
    }
    String names =
        List.of(1, 2, 3, 4, 5).stream()
            .map(i -> folder.resolve(i + ".png").toString())
            .collect(java.util.stream.Collectors.joining(", "));
    assertRefused(
        folder
            + " has no metadata.jsonl and pictures without a caption in a .txt beside them: "
            + names
            + " and 2 more.");
  }

  @Test
  void metadataWithoutCaptionsIsNamed() throws IOException {
    Path a = picture("a.png", 1);
    Path b = picture("b.png", 1);
    metadata(
        """
        {"file_name": "a.png", "text": null}
        {"file_name": "b.png"}
        """);
    assertRefused(
        folder.resolve("metadata.jsonl")
            + " has pictures without a caption under \"text\": "
            + a
            + ", "
            + b
            + ".");
  }

  @Test
  void picturesThatAreNotThereAreNamed() throws IOException {
    metadata("{\"file_name\": \"gone.png\", \"text\": \"x\"}");
    assertRefused(
        folder.resolve("metadata.jsonl")
            + " names pictures that are not there: "
            + folder.resolve("gone.png")
            + ".");
  }

  @Test
  void brokenLinesAreNamedByNumber() throws IOException {
    picture("a.png", 1);
    String good = "{\"file_name\": \"a.png\", \"text\": \"x\"}\n";
    Path metadata = folder.resolve("metadata.jsonl");

    metadata(good + "{\"file_name\": \"a.png\", \"text\"");
    assertThatThrownBy(this::list)
        .isInstanceOf(CurrywurstException.class)
        .hasMessageStartingWith(metadata + ", line 2 is not valid JSON: ");
    metadata(good + good + "[1]");
    assertRefused(metadata + ", line 3 is not a JSON object.");
    metadata(good + "{\"file_name\": \"a.png\", \"text\": 7}");
    assertRefused(metadata + ", line 2 has something other than text under \"text\".");
    metadata(good + "{\"file_name\": \"a.png\"} {\"file_name\": \"b.png\"}");
    assertThatThrownBy(this::list)
        .hasMessageStartingWith(metadata + ", line 2 is not valid JSON: ");
    Files.write(metadata, (good + "\u00e9").getBytes(StandardCharsets.ISO_8859_1));
    assertRefused(metadata + ", line 2 is not UTF-8 text: save it as UTF-8.");
  }

  @Test
  void namesMayNotLeadOutOfTheFolder() throws IOException {
    Path outside = Files.createTempFile("outside", ".png");
    try {
      for (String name :
          List.of(outside.toString(), "../" + outside.getFileName(), "a/../../b.png")) {
        metadata("{\"file_name\": \"" + name + "\", \"text\": \"x\"}");
        assertRefused(
            folder.resolve("metadata.jsonl")
                + ", line 1 names \""
                + name
                + "\", which lies outside the folder: move the picture inside.");
      }
    } finally {
      Files.delete(outside);
    }
    metadata("{\"file_name\": \"a\\u0000.png\", \"text\": \"x\"}");
    assertThatThrownBy(this::list)
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("line 1 names");
  }
}
