package dev.currywurst.train.source;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** Where a user's caches lie. Everything in there can be deleted at any time. */
final class CacheFolder {
  private CacheFolder() {}

  /**
   * {@code $CURRYWURST_CACHE}, {@code $XDG_CACHE_HOME/currywurst} or {@code ~/.cache/currywurst}.
   */
  static Path ofUser() {
    return of(System.getenv(), Path.of(System.getProperty("user.home", ".")));
  }

  static Path of(Map<String, String> environment, Path home) {
    return set(environment, "CURRYWURST_CACHE")
        .orElseGet(
            () ->
                set(environment, "XDG_CACHE_HOME")
                    .orElseGet(() -> home.resolve(".cache"))
                    .resolve("currywurst"));
  }

  private static Optional<Path> set(Map<String, String> environment, String name) {
    return Optional.ofNullable(environment.get(name)).filter(v -> !v.isBlank()).map(Path::of);
  }
}
