package dev.currywurst.hub;

import dev.currywurst.tensor.CurrywurstException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpTimeoutException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.LongSupplier;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * HTTP as the hub needs it: redirects are followed here and not by the client of the JDK, because
 * the token must not go along to another host, and what failed is tried again where that may help.
 */
final class HubTransport {
  private static final Logger LOG = LoggerFactory.getLogger(HubTransport.class);
  private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);
  private static final int MOST_REDIRECTS = 10;
  private static final Duration LONGEST_WAIT = Duration.ofMinutes(5);
  private static final long TICK_MILLIS = 100;

  private final URI endpoint;
  private final Optional<String> token;
  private final Patience patience;
  private final HttpClient http;
  private volatile boolean reached;

  HubTransport(URI endpoint, Optional<String> token, Patience patience) {
    this.endpoint = endpoint;
    this.token = token;
    this.patience = patience;
    this.http =
        HttpClient.newBuilder()
            // Files come one after the other; HTTP/2 would only add its own flow control.
            .version(HttpClient.Version.HTTP_1_1)
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(patience.silence())
            .build();
  }

  /**
   * How long to go on.
   *
   * @param attempts of one request until it is given up; data that arrives starts the count anew
   * @param firstWait between the first two attempts; doubles with each further one
   * @param silence for which nothing may arrive until an attempt counts as failed
   */
  record Patience(int attempts, Duration firstWait, Duration silence) {
    static final Patience NORMAL = new Patience(5, Duration.ofSeconds(1), Duration.ofSeconds(20));
  }

  /**
   * A request.
   *
   * @param doing what it is for, to follow "Failed"
   * @param leaveHub whether redirects to other hosts are followed
   * @param insist whether to try again after a failure
   * @param here how many bytes of the content are here already: an attempt asks for the others
   * @param tick called now and then while waiting, on the calling thread
   */
  record Request<T>(
      String doing,
      String method,
      URI uri,
      BodyHandler<T> body,
      boolean leaveHub,
      boolean insist,
      LongSupplier here,
      Runnable tick) {}

  /** The hub did not answer, or refused; the message is a whole sentence. */
  static class Unavailable extends Exception {
    private static final long serialVersionUID = 1L;

    Unavailable(String sentence, @Nullable Throwable cause) {
      super(sentence, cause);
    }
  }

  boolean hasToken() {
    return token.isPresent();
  }

  static boolean isRedirect(HttpResponse<?> response) {
    return REDIRECTS.contains(response.statusCode());
  }

  /** A header that is there and not empty. */
  static Optional<String> header(HttpResponse<?> response, String name) {
    return response.headers().firstValue(name).filter(value -> !value.isBlank());
  }

  /** Sends the request until there is an answer, which may be a refusal. */
  <T> HttpResponse<T> send(Request<T> request) throws Unavailable {
    Duration pause = patience.firstWait();
    for (int failures = 1; ; failures++) {
      long before = request.here().getAsLong();
      String reason;
      @Nullable IOException cause = null;
      Optional<Duration> asked = Optional.empty();
      try {
        HttpResponse<T> response = follow(request);
        reached = true;
        int status = response.statusCode();
        if (status != 408 && status != 429 && status < 500) {
          return response;
        }
        reason = "HTTP " + status;
        asked = header(response, "Retry-After").flatMap(HubTransport::retryAfter);
      } catch (IOException e) {
        cause = e;
        reason = describe(e);
      }
      if (request.here().getAsLong() > before) {
        failures = 1;
        pause = patience.firstWait();
      }
      // A host that never answered is not there; one that did may be back in a moment.
      boolean hopeless =
          cause instanceof SSLException || (!reached && cause != null && isNoConnection(cause));
      Duration wait = asked.orElse(pause);
      if (!request.insist()
          || hopeless
          || failures >= patience.attempts()
          || wait.compareTo(LONGEST_WAIT) > 0) {
        throw new Unavailable(
            "Failed "
                + request.doing()
                + " from "
                + endpoint
                + " ("
                + reason
                + "): "
                + advice(cause, asked),
            cause);
      }
      LOG.info("Failed {} ({}), trying again in {} ms.", request.doing(), reason, wait.toMillis());
      sleep(request, wait);
      pause = pause.multipliedBy(2);
    }
  }

  private static String advice(@Nullable IOException cause, Optional<Duration> asked) {
    if (asked.isPresent()) {
      return "try again after the " + asked.get().toSeconds() + " s that it asks to wait.";
    }
    if (cause != null && (isNoConnection(cause) || cause instanceof SSLException)) {
      return "check the network, the proxy (-Dhttps.proxyHost and -Dhttps.proxyPort) and"
          + " HF_ENDPOINT.";
    }
    return "try again later, what has arrived is kept.";
  }

  private static boolean isNoConnection(IOException e) {
    return e instanceof ConnectException || e instanceof HttpConnectTimeoutException;
  }

  private <T> HttpResponse<T> follow(Request<T> request) throws IOException, Unavailable {
    URI uri = request.uri();
    for (int hop = 0; hop <= MOST_REDIRECTS; hop++) {
      HttpRequest.Builder http =
          HttpRequest.newBuilder(uri)
              .method(request.method(), BodyPublishers.noBody())
              .header("User-Agent", "currywurst")
              // Compressed content would have another length than the file.
              .header("Accept-Encoding", "identity");
      long here = request.here().getAsLong();
      if (here > 0) {
        http.header("Range", "bytes=" + here + "-");
      }
      if (token.isPresent() && isHub(uri)) {
        http.header("Authorization", "Bearer " + token.get());
      }
      HttpResponse<T> response = exchange(http.build(), request);
      Optional<String> location = header(response, "Location");
      if (!isRedirect(response) || location.isEmpty()) {
        return response;
      }
      URI next = target(uri, location.get());
      if (!request.leaveHub() && !isHub(next)) {
        return response;
      }
      uri = next;
    }
    throw new Unavailable(request.uri() + " redirects without end: check HF_ENDPOINT.", null);
  }

  /** Where a redirect leads, unless it leaves https or is no address. */
  static URI target(URI from, String location) throws Unavailable {
    try {
      URI next = from.resolve(location);
      boolean secure = "https".equalsIgnoreCase(next.getScheme());
      boolean plain = "http".equalsIgnoreCase(next.getScheme());
      if (next.getHost() != null
          && (secure || (plain && "http".equalsIgnoreCase(from.getScheme())))) {
        return next;
      }
    } catch (IllegalArgumentException e) {
      LOG.debug("Redirect to no address: {}", location, e);
    }
    throw new Unavailable(
        from.getHost()
            + " redirects to "
            // The query of such an address may be a signature that lets anyone in.
            + location.replaceFirst("\\?.*", "?...")
            + ", which is not followed because it is no https address: check HF_ENDPOINT and the proxy.",
        null);
  }

  /**
   * Waits for the whole response. Not {@link HttpRequest.Builder#timeout}: it covers the headers
   * alone or, in newer JDKs, the whole body, however long that rightly takes.
   */
  private <T> HttpResponse<T> exchange(HttpRequest http, Request<T> request)
      throws IOException, Unavailable {
    CompletableFuture<HttpResponse<T>> future = this.http.sendAsync(http, request.body());
    long here = request.here().getAsLong();
    long since = System.nanoTime();
    try {
      while (true) {
        try {
          return future.get(TICK_MILLIS, TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
          request.tick().run();
          long now = request.here().getAsLong();
          if (now != here) {
            here = now;
            since = System.nanoTime();
          } else if (System.nanoTime() - since > patience.silence().toNanos()) {
            throw new HttpTimeoutException(
                "nothing arrived for " + patience.silence().toMillis() / 1000.0 + " s");
          }
        }
      }
    } catch (ExecutionException e) {
      @Nullable Throwable cause = e.getCause();
      while (cause != null) {
        if (cause instanceof CurrywurstException sentence) {
          throw sentence;
        }
        if (cause instanceof Unavailable unavailable) {
          throw unavailable;
        }
        cause = cause.getCause();
      }
      if (e.getCause() instanceof IOException failure) {
        throw failure;
      }
      throw new IOException(e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Unavailable("Interrupted while " + request.doing() + ".", e);
    } finally {
      future.cancel(true); // ends an exchange that is given up, and does nothing to a finished one
    }
  }

  private boolean isHub(URI uri) {
    return origin(uri).equals(origin(endpoint));
  }

  private static String origin(URI uri) {
    String scheme = uri.getScheme().toLowerCase(Locale.ROOT);
    int port = uri.getPort() >= 0 ? uri.getPort() : scheme.equals("https") ? 443 : 80;
    return scheme + "://" + uri.getHost().toLowerCase(Locale.ROOT) + ":" + port;
  }

  private static Optional<Duration> retryAfter(String value) {
    try {
      if (value.matches("\\d{1,9}")) {
        return Optional.of(Duration.ofSeconds(Long.parseLong(value)));
      }
      Instant date = ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME).toInstant();
      Duration wait = Duration.between(Instant.now(), date);
      return Optional.of(wait.isNegative() ? Duration.ZERO : wait);
    } catch (DateTimeParseException e) {
      return Optional.empty();
    }
  }

  private static String describe(IOException e) {
    String message = e.getMessage();
    if (message != null && !message.isBlank()) {
      return message;
    }
    return e instanceof ConnectException ? "no connection" : e.getClass().getSimpleName();
  }

  private static void sleep(Request<?> request, Duration wait) throws Unavailable {
    try {
      Thread.sleep(wait.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Unavailable("Interrupted while " + request.doing() + ".", e);
    }
  }
}
