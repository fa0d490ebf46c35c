package dev.currywurst.hub;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;

/**
 * A hub with one model, {@code owner/name}, and a store on another host (localhost instead of
 * 127.0.0.1) to which it redirects for large files, those named {@code *.safetensors} and {@code
 * *.bin}. Notes every request; answers with faults where the test wants one.
 */
final class FakeHub implements AutoCloseable {
  static final ModelName MODEL = ModelName.parse("owner/name");
  static final String COMMIT = "0123456789abcdef0123456789abcdef01234567";

  /** One request. {@code file} is null for a listing; {@code host} is "hub" or "store". */
  record Call(
      String host,
      String method,
      @Nullable String file,
      @Nullable String token,
      @Nullable String range) {}

  /** Answers a request instead of the server. */
  interface Fault {
    void answer(HttpExchange exchange, byte[] content) throws IOException;
  }

  final List<Call> calls = new CopyOnWriteArrayList<>();
  final Map<String, String> revisions = new ConcurrentHashMap<>(Map.of("main", COMMIT));
  private final Map<String, byte[]> files = new TreeMap<>();
  private final Map<String, Deque<Fault>> faults = new ConcurrentHashMap<>();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final HttpServer hub;
  private final HttpServer store;

  FakeHub() {
    try {
      hub =
          HttpServer.create(
              new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), 0), 0);
      store =
          HttpServer.create(
              new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    hub.createContext("/api/models/owner/name/revision/", this::list);
    hub.createContext("/owner/name/resolve/", exchange -> resolve(exchange));
    hub.createContext("/blobs/", exchange -> content("hub", exchange));
    store.createContext("/", exchange -> content("store", exchange));
    for (HttpServer server : List.of(hub, store)) {
      server.setExecutor(threads);
      server.start();
    }
  }

  String endpoint() {
    return "http://127.0.0.1:" + hub.getAddress().getPort();
  }

  /** Where the store has a file. */
  String stored(String file) {
    return "http://localhost:" + store.getAddress().getPort() + "/" + file;
  }

  FakeHub with(String file, byte[] content) {
    files.put(file, content);
    return this;
  }

  FakeHub with(String file, String content) {
    return with(file, content.getBytes(StandardCharsets.UTF_8));
  }

  /** The next answers to {@code "<host> <method> <file>"}; the file of a listing is "-". */
  void fault(String request, Fault... next) {
    faults.computeIfAbsent(request, key -> new ArrayDeque<>()).addAll(List.of(next));
  }

  /** Always this answer. */
  void alwaysFault(String request, Fault fault) {
    Fault[] many = new Fault[20];
    Arrays.fill(many, fault);
    fault(request, many);
  }

  static Fault status(int status, String... headers) {
    return (exchange, content) -> {
      for (int i = 0; i < headers.length; i += 2) {
        exchange.getResponseHeaders().set(headers[i], headers[i + 1]);
      }
      exchange.sendResponseHeaders(status, -1);
    };
  }

  /** Promises the whole content, sends {@code bytes} of it, and ends the connection. */
  static Fault cutAfter(int bytes) {
    return (exchange, content) -> {
      exchange.sendResponseHeaders(200, content.length);
      exchange.getResponseBody().write(content, 0, bytes);
      exchange.getResponseBody().flush();
    };
  }

  /** As {@link #cutAfter}, but leaves the connection open and says nothing more. */
  static Fault fallSilentAfter(int bytes) {
    return (exchange, content) -> {
      cutAfter(bytes).answer(exchange, content);
      sleep(5_000);
    };
  }

  /** Sends other bytes than those that the etag names. */
  static Fault corrupt() {
    return (exchange, content) -> {
      byte[] other = content.clone();
      other[other.length / 2] ^= 1;
      send(exchange, other);
    };
  }

  long count(String host, String method) {
    return calls.stream().filter(c -> c.host().equals(host) && c.method().equals(method)).count();
  }

  static String etag(String file, byte[] content) {
    return isLarge(file)
        ? hash("SHA-256", new byte[0], content)
        : hash(
            "SHA-1",
            ("blob " + content.length + "\0").getBytes(StandardCharsets.US_ASCII),
            content);
  }

  @Override
  public void close() {
    hub.stop(0);
    store.stop(0);
    threads.shutdownNow();
  }

  private void list(HttpExchange exchange) throws IOException {
    String raw = exchange.getRequestURI().getRawPath();
    String revision =
        URLDecoder.decode(raw.substring(raw.lastIndexOf('/') + 1), StandardCharsets.UTF_8);
    note("hub", exchange, null);
    try (exchange) {
      if (isFaulty("hub", exchange, "-", new byte[0])) {
        return;
      }
      @Nullable String commit =
          revisions.containsValue(revision) ? revision : revisions.get(revision);
      if (commit == null) {
        status(404, "X-Error-Code", "RevisionNotFound").answer(exchange, new byte[0]);
        return;
      }
      List<Map<String, String>> siblings =
          files.keySet().stream().map(name -> Map.of("rfilename", name)).toList();
      send(
          exchange,
          new ObjectMapper()
              .writeValueAsBytes(Map.of("id", "owner/name", "sha", commit, "siblings", siblings)));
    }
  }

  /** As the real hub: a relative redirect for small files, one to the store for large ones. */
  private void resolve(HttpExchange exchange) throws IOException {
    String[] parts = exchange.getRequestURI().getPath().split("/", 6);
    String file = parts[5];
    note("hub", exchange, file);
    try (exchange) {
      byte[] content = files.getOrDefault(file, new byte[0]);
      if (isFaulty("hub", exchange, file, content)) {
        return;
      }
      exchange.getResponseHeaders().set("X-Repo-Commit", parts[4]);
      if (!files.containsKey(file)) {
        status(404, "X-Error-Code", "EntryNotFound").answer(exchange, content);
      } else if (isLarge(file)) {
        status(
                302,
                "X-Linked-Etag",
                '"' + etag(file, content) + '"',
                "X-Linked-Size",
                "" + content.length,
                "Location",
                stored(file) + "?signature=1")
            .answer(exchange, content);
      } else {
        status(307, "Location", "/blobs/" + parts[4] + "/" + file).answer(exchange, content);
      }
    }
  }

  private void content(String host, HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    String[] parts = path.split("/", 4);
    String file = host.equals("hub") ? parts[3] : path.substring(1);
    note(host, exchange, file);
    try (exchange) {
      byte[] content = files.getOrDefault(file, new byte[0]);
      exchange.getResponseHeaders().set("ETag", '"' + etag(file, content) + '"');
      if (host.equals("hub")) {
        exchange.getResponseHeaders().set("X-Repo-Commit", parts[2]);
      }
      if (!isFaulty(host, exchange, file, content)) {
        send(exchange, content);
      }
    }
  }

  private static void send(HttpExchange exchange, byte[] content) throws IOException {
    if (exchange.getRequestMethod().equals("HEAD")) {
      exchange.getResponseHeaders().set("Content-Length", "" + content.length);
      exchange.sendResponseHeaders(200, -1);
      return;
    }
    @Nullable String range = exchange.getRequestHeaders().getFirst("Range");
    int from = range == null ? 0 : Integer.parseInt(range.replaceFirst("bytes=(\\d+)-", "$1"));
    if (from > 0 && from >= content.length) {
      exchange.sendResponseHeaders(416, -1);
      return;
    }
    if (from > 0) {
      exchange
          .getResponseHeaders()
          .set(
              "Content-Range", "bytes " + from + "-" + (content.length - 1) + "/" + content.length);
    }
    exchange.sendResponseHeaders(
        from > 0 ? 206 : 200, content.length == 0 ? -1 : content.length - from);
    try (OutputStream body = exchange.getResponseBody()) {
      body.write(content, from, content.length - from);
    }
  }

  private boolean isFaulty(String host, HttpExchange exchange, String file, byte[] content)
      throws IOException {
    String request = host + " " + exchange.getRequestMethod() + " " + file;
    @Nullable Deque<Fault> next = faults.get(request);
    @Nullable Fault fault = next == null ? null : next.poll();
    if (fault != null) {
      fault.answer(exchange, content);
    }
    return fault != null;
  }

  private void note(String host, HttpExchange exchange, @Nullable String file) {
    calls.add(
        new Call(
            host,
            exchange.getRequestMethod(),
            file,
            exchange.getRequestHeaders().getFirst("Authorization"),
            exchange.getRequestHeaders().getFirst("Range")));
  }

  private static boolean isLarge(String file) {
    return file.endsWith(".safetensors") || file.endsWith(".bin");
  }

  private static String hash(String algorithm, byte[] header, byte[] content) {
    try {
      MessageDigest digest = MessageDigest.getInstance(algorithm);
      digest.update(header);
      return HexFormat.of().formatHex(digest.digest(content));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static void sleep(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
