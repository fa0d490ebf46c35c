package dev.currywurst.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AtomicFolderTest {
  @TempDir private Path place;

  @Test
  void appearsWithAllThatIsInIt() throws IOException {
    Path target = place.resolve("made");
    AtomicFolder.write(
        target,
        folder -> {
          Files.writeString(Files.createDirectory(folder.resolve("in")).resolve("it"), "words");
          assertThat(target).doesNotExist();
        });
    assertThat(target.resolve("in/it")).hasContent("words");
    assertThat(place).isDirectoryNotContaining(file -> !file.equals(target));
  }

  @Test
  void leavesNothingWhereItFails() {
    assertThatThrownBy(
            () ->
                AtomicFolder.write(
                    place.resolve("made"),
                    folder -> {
                      Files.writeString(folder.resolve("it"), "words");
                      throw new IOException("the disk is full");
                    }))
        .hasMessage("the disk is full");
    assertThat(place).isEmptyDirectory();
  }

  @Test
  void isNotReplaced() throws IOException {
    Path target = Files.createDirectory(place.resolve("made"));
    Files.writeString(target.resolve("old"), "words");
    assertThatThrownBy(() -> AtomicFolder.write(target, folder -> {}))
        .isInstanceOf(IOException.class);
    assertThat(target.resolve("old")).hasContent("words");
    AtomicFolder.delete(target);
    AtomicFolder.delete(target);
    assertThat(place).isEmptyDirectory();
  }
}
