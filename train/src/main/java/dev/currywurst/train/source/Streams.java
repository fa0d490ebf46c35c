package dev.currywurst.train.source;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.data.Fingerprint;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings what comes from an address or through standard input into files of the cache. What an
 * address gives is fetched again only if its server says that it changed.
 */
final class Streams {
  private static final Logger log = LoggerFactory.getLogger(Streams.class);
  private static final String STANDARD_INPUT = "-";
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** What this process read from its standard input, which can be read once. */
  private static @Nullable Path standardInput;

  private Streams() {}

  /** True for {@code -} and addresses. */
  static boolean isStream(String source) {
    return source.equals(STANDARD_INPUT)
        || source.startsWith("https://")
        || source.startsWith("http://");
  }

  /**
   * The file in the cache.
   *
   * @throws CurrywurstException if nothing comes, or the disk is full
   */
  static Path fetch(String source, Path cache) {
    Path folder = cache.resolve("streams");
    try {
      Files.createDirectories(folder);
      return source.equals(STANDARD_INPUT) ? standardInput(folder) : download(source, folder);
    } catch (IOException e) {
      throw new CurrywurstException(
          "%s cannot be fetched into %s: %s.".formatted(source, folder, e.getMessage()), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CurrywurstException("Fetching " + source + " was interrupted.", e);
    }
  }

  /** A run that is planned, then opened, and reads its pictures both times finds the same ones. */
  private static synchronized Path standardInput(Path folder) throws IOException {
    if (standardInput == null || !Files.isRegularFile(standardInput)) {
      standardInput = stored(System.in, folder, Optional.empty(), "standard input");
    }
    return standardInput;
  }

  private static Path download(String address, Path folder)
      throws IOException, InterruptedException {
    HttpClient client =
        HttpClient.newBuilder()
            .followRedirects(HttpClient.Redirect.NORMAL)
            .connectTimeout(PATIENCE)
            .build();
    HttpResponse<InputStream> response =
        client.send(
            HttpRequest.newBuilder(uri(address)).timeout(PATIENCE).build(),
            HttpResponse.BodyHandlers.ofInputStream());
    try (InputStream body = response.body()) {
      if (response.statusCode() != 200) {
        throw new CurrywurstException(
            "%s answers with status %d instead of a file."
                .formatted(address, response.statusCode()));
      }
      Optional<Path> known = version(response.headers()).map(v -> named(folder, address + v));
      if (known.isPresent() && Files.isRegularFile(known.get())) {
        return known.get();
      }
      log.info("Fetching {}", address);
      return stored(body, folder, known, address);
    }
  }

  private static URI uri(String address) {
    try {
      URI uri = URI.create(address);
      if (uri.getHost() == null) {
        throw new CurrywurstException(address + " names no server.");
      }
      return uri;
    } catch (IllegalArgumentException e) {
      throw new CurrywurstException(address + " is not an address.", e);
    }
  }

  private static Path named(Path folder, String what) {
    return folder.resolve(new Fingerprint().add(what).hex());
  }

  /** What changes when the content does, if the server tells. */
  private static Optional<String> version(HttpHeaders headers) {
    return headers
        .firstValue("ETag")
        .or(() -> headers.firstValue("Last-Modified"))
        .map(version -> " " + version + " " + headers.firstValue("Content-Length").orElse(""));
  }

  /** Stores a stream under a name or, without one, under that of its content. */
  private static Path stored(InputStream stream, Path folder, Optional<Path> name, String what)
      throws IOException {
    Path temporary = Files.createTempFile(folder, "incoming-", ".tmp");
    try {
      if (Files.copy(stream, temporary, StandardCopyOption.REPLACE_EXISTING) == 0) {
        throw new CurrywurstException("Nothing came from " + what + ".");
      }
      Path target = name.orElseGet(() -> folder.resolve(Fingerprint.ofFile(temporary)));
      Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
      return target;
    } finally {
      Files.deleteIfExists(temporary);
    }
  }
}
