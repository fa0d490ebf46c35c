package dev.currywurst.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Prompts as file names. */
class PictureNamesTest {
  @TempDir Path folder;

  private String name(String prompt) {
    return String.valueOf(new PictureNames(folder, false).next(42, prompt).getFileName());
  }

  @Test
  void namesTellSeedAndPrompt() {
    assertThat(name("A red fox, in snow!")).isEqualTo("42-a-red-fox-in-snow.png");
    assertThat(name("../../etc/passwd")).isEqualTo("42-etc-passwd.png");
    assertThat(name("雪の中の狐")).isEqualTo("42-雪の中の狐.png");
    assertThat(name("🦊")).isEqualTo("42.png");
  }

  @Test
  void longPromptsEndBetweenWords() {
    assertThat(name("word ".repeat(40))).isEqualTo("42" + "-word".repeat(9) + ".png");
    String oneWord = name("\ud842\udfb7".repeat(300));
    assertThat(oneWord.getBytes(StandardCharsets.UTF_8)).hasSizeLessThan(255);
    assertThat(oneWord).doesNotContain("?");
  }

  @Test
  void noNameIsGivenTwice() throws IOException {
    Files.createFile(folder.resolve("1-fox.png"));
    PictureNames careful = new PictureNames(folder, false);
    assertThat(careful.next(1, "fox")).isEqualTo(folder.resolve("1-fox-2.png"));
    assertThat(careful.next(1, "fox")).isEqualTo(folder.resolve("1-fox-3.png"));
    PictureNames forced = new PictureNames(folder, true);
    assertThat(forced.next(1, "fox")).isEqualTo(folder.resolve("1-fox.png"));
    assertThat(forced.next(1, "fox")).isEqualTo(folder.resolve("1-fox-2.png"));
  }

  @Test
  void filesBesideKeepTheName() {
    assertThat(PictureNames.beside(Path.of("a", "fox.png"), "preview.png"))
        .isEqualTo(Path.of("a", "fox.preview.png"));
    assertThat(PictureNames.beside(Path.of("fox"), "preview.png"))
        .isEqualTo(Path.of("fox.preview.png"));
  }
}
