package dev.currywurst.hub;

import dev.currywurst.tensor.CurrywurstException;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Hugging Face's environment variables, and our own, with the precedence and the defaults of {@code
 * huggingface_hub/constants.py}. A variable that is set to nothing counts as not set.
 */
final class HubEnvironment {
  private static final URI DEFAULT_ENDPOINT = URI.create("https://huggingface.co");
  private static final Set<String> TRUE = Set.of("1", "ON", "YES", "TRUE");
  private static final Pattern VARIABLE = Pattern.compile("\\$(?:\\{(\\w+)}|(\\w+))");

  private final Map<String, String> variables;

  HubEnvironment(Map<String, String> variables) {
    this.variables = Map.copyOf(variables);
  }

  /** The folder of the cache: {@code HF_HUB_CACHE}, {@code $HF_HOME/hub} and so on. */
  Path cache() {
    return path("HF_HUB_CACHE")
        .or(() -> path("HUGGINGFACE_HUB_CACHE"))
        .orElseGet(() -> home().resolve("hub"));
  }

  /** The folder of {@link UserCache}. */
  Path ownCache() {
    return path("CURRYWURST_CACHE").orElseGet(() -> caches().resolve("currywurst"));
  }

  /** Where the hub is: {@code HF_ENDPOINT}, without a slash at its end. */
  URI endpoint() {
    Optional<String> text = variable("HF_ENDPOINT");
    if (text.isEmpty()) {
      return DEFAULT_ENDPOINT;
    }
    try {
      URI endpoint = URI.create(text.get().replaceFirst("/+$", ""));
      if (Set.of("http", "https").contains("" + endpoint.getScheme())
          && endpoint.getHost() != null) {
        return endpoint;
      }
    } catch (IllegalArgumentException e) {
      // Falls through to the sentence below.
    }
    throw new CurrywurstException(
        "HF_ENDPOINT is \""
            + text.get()
            + "\", which is not a web address: set it to one such as https://huggingface.co, or"
            + " unset it.");
  }

  /** {@code HF_TOKEN}, or what the login of huggingface_hub stored. */
  Optional<String> token() {
    Optional<String> token =
        variable("HF_TOKEN").or(() -> variable("HUGGING_FACE_HUB_TOKEN")).or(this::storedToken);
    if (token.isPresent() && !token.get().chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      throw new CurrywurstException(
          "The Hugging Face token (HF_TOKEN or the token file) holds characters that no token has:"
              + " copy it again from https://huggingface.co/settings/tokens.");
    }
    return token;
  }

  /** {@code HF_HUB_OFFLINE}: the network is not to be used. */
  boolean offline() {
    return isTrue("HF_HUB_OFFLINE") || isTrue("TRANSFORMERS_OFFLINE");
  }

  /** False with {@code HF_HUB_DISABLE_SYMLINKS}. */
  boolean symlinks() {
    return !isTrue("HF_HUB_DISABLE_SYMLINKS");
  }

  private Optional<String> storedToken() {
    Path file = path("HF_TOKEN_PATH").orElseGet(() -> home().resolve("token"));
    try {
      return Optional.of(Files.readString(file).strip()).filter(text -> !text.isEmpty());
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException e) {
      throw new CurrywurstException(
          "The Hugging Face token in "
              + file
              + " cannot be read: make the file readable, or set"
              + " HF_TOKEN.",
          e);
    }
  }

  private Path home() {
    return path("HF_HOME").orElseGet(() -> caches().resolve("huggingface"));
  }

  /** All programs' caches. */
  private Path caches() {
    return path("XDG_CACHE_HOME").orElseGet(() -> userHome().resolve(".cache"));
  }

  private Path userHome() {
    boolean windows = File.separatorChar == '\\';
    return Path.of(
        variable(windows ? "USERPROFILE" : "HOME")
            .orElseGet(() -> System.getProperty("user.home")));
  }

  /** A folder or file; {@code ~} and {@code $NAME} are expanded because no shell may have. */
  private Optional<Path> path(String name) {
    return variable(name)
        .map(
            text -> {
              String expanded =
                  text.equals("~") || text.startsWith("~/") ? userHome() + text.substring(1) : text;
              return Path.of(VARIABLE.matcher(expanded).replaceAll(this::expansion))
                  .toAbsolutePath();
            });
  }

  private String expansion(MatchResult reference) {
    String name = reference.group(1) != null ? reference.group(1) : reference.group(2);
    return Matcher.quoteReplacement(variable(name).orElse(reference.group()));
  }

  private boolean isTrue(String name) {
    return variable(name).map(text -> TRUE.contains(text.toUpperCase(Locale.ROOT))).orElse(false);
  }

  private Optional<String> variable(String name) {
    return Optional.ofNullable(variables.get(name))
        .map(String::strip)
        .filter(text -> !text.isEmpty());
  }
}
