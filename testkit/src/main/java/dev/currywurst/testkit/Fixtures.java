package dev.currywurst.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/** Files that tests share, as folders on disk (memory maps need real files). */
public final class Fixtures {
  private static final Path ROOT = locate();

  private Fixtures() {}

  /** {@code wuerstchen/}: a small random-weight model with diffusers' numbers beside it. */
  public static Path wuerstchen() {
    return ROOT.resolve("wuerstchen");
  }

  /** Any other file or folder under the test kit's resources. */
  public static Path path(String relative) {
    Path path = ROOT.resolve(relative);
    if (!Files.exists(path)) {
      throw new IllegalArgumentException("the test kit holds no " + relative);
    }
    return path;
  }

  private static Path locate() {
    try {
      URI marker =
          Objects.requireNonNull(Fixtures.class.getResource("/wuerstchen/case.json")).toURI();
      if (marker.getScheme().equals("file")) {
        return Objects.requireNonNull(Path.of(marker).getParent().getParent());
      }
      return unpack(marker);
    } catch (URISyntaxException | IOException e) {
      throw new IllegalStateException("the test kit's resources cannot be read", e);
    }
  }

  /** From a jar: unpack once into a folder that goes with the JVM. */
  private static Path unpack(URI marker) throws IOException {
    Path root = Files.createTempDirectory("currywurst-fixtures");
    try (FileSystem jar = FileSystems.newFileSystem(marker, Map.of());
        Stream<Path> files = Files.walk(jar.getPath("/"))) {
      for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
        Path target = root.resolve(file.toString().substring(1));
        Files.createDirectories(Objects.requireNonNull(target.getParent()));
        Files.copy(file, target);
      }
    }
    Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(root)));
    return root;
  }

  private static void delete(Path root) {
    try (Stream<Path> files = Files.walk(root)) {
      files.sorted((a, b) -> b.compareTo(a)).forEach(Fixtures::deleteOne);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void deleteOne(Path file) {
    try {
      Files.delete(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
