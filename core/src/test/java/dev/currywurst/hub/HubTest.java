package dev.currywurst.hub;

import static dev.currywurst.hub.FakeHub.COMMIT;
import static dev.currywurst.hub.FakeHub.MODEL;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.currywurst.hub.FakeHub.Call;
import dev.currywurst.hub.HubTransport.Patience;
import dev.currywurst.tensor.CurrywurstException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** What comes from the hub and what from the cache, when all goes well. */
class HubTest {
  private static final Patience PATIENCE =
      new Patience(3, Duration.ofMillis(10), Duration.ofSeconds(20));
  private static final String WEIGHTS = "prior/diffusion_pytorch_model.safetensors";
  private static final WantedFiles ALL = WantedFiles.matching("*");

  @TempDir Path root;
  private FakeHub server;
  private byte[] weights;

  @BeforeEach
  void start() {
    weights = new byte[300_000];
    new Random(7).nextBytes(weights);
    server =
        new FakeHub()
            .with("model_index.json", "{}")
            .with("prior/config.json", "{\"c\": 4}")
            .with(WEIGHTS, weights);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void downloadsIntoTheLayoutOfTheHuggingFaceCache() {
    Path snapshot = hub().resolve(MODEL, ALL, DownloadListener.silent());

    Path model = root.resolve("models--owner--name");
    assertThat(snapshot).isEqualTo(model.resolve("snapshots").resolve(COMMIT));
    assertThat(model.resolve("refs/main")).hasContent(COMMIT);
    assertThat(snapshot.resolve(WEIGHTS)).hasBinaryContent(weights);
    assertThat(snapshot.resolve("prior/config.json")).hasContent("{\"c\": 4}");
    assertThat(model.resolve("blobs").resolve(FakeHub.etag(WEIGHTS, weights)))
        .hasBinaryContent(weights);
    assertThat(names(model.resolve("blobs"))).hasSize(3).noneMatch(n -> n.contains("incomplete"));
    assertThat(names(root.resolve(".locks/models--owner--name")))
        .contains(FakeHub.etag(WEIGHTS, weights) + ".lock");
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void snapshotEntriesAreRelativeLinks() throws IOException {
    Path snapshot = hub().resolve(MODEL, ALL, DownloadListener.silent());

    assertThat(Files.readSymbolicLink(snapshot.resolve(WEIGHTS)))
        .isEqualTo(Path.of("../../../blobs", FakeHub.etag(WEIGHTS, weights)));
    Path moved = root.resolveSibling("moved-" + root.getFileName());
    Files.move(root, moved);
    assertThat(moved.resolve(root.relativize(snapshot)).resolve(WEIGHTS)).hasBinaryContent(weights);
    Files.move(moved, root);
  }

  @Test
  void withoutLinksTheFilesThemselvesAreInTheSnapshot() {
    Hub hub = hub("HF_HUB_DISABLE_SYMLINKS", "1");
    Path snapshot = hub.resolve(MODEL, ALL, DownloadListener.silent());

    assertThat(snapshot.resolve(WEIGHTS))
        .satisfies(entry -> assertThat(Files.isSymbolicLink(entry)).isFalse())
        .hasBinaryContent(weights);
    long downloads = server.count("store", "GET");
    assertThat(hub.resolve(MODEL, ALL, DownloadListener.silent())).isEqualTo(snapshot);
    assertThat(server.count("store", "GET")).isEqualTo(downloads);
  }

  @Test
  void theSecondTimeOnlyTheListingIsAskedFor() {
    hub().resolve(MODEL, ALL, DownloadListener.silent());
    server.calls.clear();
    hub()
        .resolve(
            MODEL,
            ALL,
            (file, bytes, total) -> {
              throw new AssertionError("nothing should be downloaded, but " + file + " was");
            });

    assertThat(server.calls).containsExactly(new Call("hub", "GET", null, null, null));
  }

  @Test
  void anUnreachableHubLeavesTheCache() {
    Path snapshot = hub().resolve(MODEL, ALL, DownloadListener.silent());
    server.close();

    assertThat(hub().resolve(MODEL, ALL, DownloadListener.silent())).isEqualTo(snapshot);
  }

  @Test
  void aFailingHubLeavesTheCacheWithoutInsisting() {
    Path snapshot = hub().resolve(MODEL, ALL, DownloadListener.silent());
    server.calls.clear();
    server.alwaysFault("hub GET -", FakeHub.status(503));

    assertThat(hub().resolve(MODEL, ALL, DownloadListener.silent())).isEqualTo(snapshot);
    assertThat(server.calls).hasSize(1);
  }

  @Test
  void offlineNothingIsAsked() {
    Path snapshot = hub().resolve(MODEL, ALL, DownloadListener.silent());
    server.calls.clear();
    Hub offline = hub("HF_HUB_OFFLINE", "1");

    assertThat(offline.resolve(MODEL, ALL, DownloadListener.silent())).isEqualTo(snapshot);
    assertThat(
            offline.resolve(
                ModelName.parse("owner/name@" + COMMIT), ALL, DownloadListener.silent()))
        .isEqualTo(snapshot);
    assertThatThrownBy(
            () -> offline.resolve(ModelName.parse("owner/other"), ALL, DownloadListener.silent()))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("HF_HUB_OFFLINE is set")
        .hasMessageContaining("owner/other@main is not in the cache " + root)
        .hasMessageContaining("unset it");
    assertThat(server.calls).isEmpty();
  }

  @Test
  void offlineAMissingFileIsNamed() {
    hub().resolve(MODEL, WantedFiles.matching("model_index.json"), DownloadListener.silent());

    assertThatThrownBy(
            () ->
                hub("HF_HUB_OFFLINE", "1")
                    .resolve(MODEL, WantedFiles.matching(WEIGHTS), DownloadListener.silent()))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("owner/name@main has no file " + WEIGHTS)
        .hasMessageContaining("it has model_index.json");
  }

  @Test
  void offlineTheListingOfPythonShowsWhatIsMissing() throws IOException {
    Path snapshot = hub().resolve(MODEL, WantedFiles.matching("*.json"), DownloadListener.silent());
    Path trees = Files.createDirectories(snapshot.resolve("../../trees").normalize());
    Files.writeString(
        trees.resolve(COMMIT + ".json"),
        """
        {"format_version": 1, "files": {
          "model_index.json": {"size": 2, "blob_id": "a"},
          "prior/config.json": {"size": 8, "blob_id": "b"},
          "%s": {"size": 300000, "blob_id": "c"}}}
        """
            .formatted(WEIGHTS));

    assertThatThrownBy(
            () -> hub("HF_HUB_OFFLINE", "1").resolve(MODEL, ALL, DownloadListener.silent()))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("lacks " + WEIGHTS);
  }

  @Test
  void branchesTagsAndCommitsAreRevisions() {
    String older = COMMIT.replace('0', 'f');
    server.revisions.put("v1.0", older);
    server.revisions.put("refs/pr/1", older);

    Path byTag = resolve("owner/name@v1.0");
    assertThat(byTag).hasFileName(older);
    assertThat(root.resolve("models--owner--name/refs/v1.0")).hasContent(older);
    assertThat(resolve("owner/name@refs/pr/1")).isEqualTo(byTag);
    assertThat(root.resolve("models--owner--name/refs/refs/pr/1")).hasContent(older);
    assertThat(resolve("owner/name@" + older)).isEqualTo(byTag);
    assertThat(root.resolve("models--owner--name/refs").resolve(older)).doesNotExist();
    assertThat(server.count("store", "GET")).as("downloads of the weights").isEqualTo(1);
  }

  @Test
  void aBranchThatMovedFetchesOnlyWhatChanged() {
    Path before = resolve("owner/name");
    String newer = COMMIT.replace('0', 'e');
    server.revisions.put("main", newer);
    server.with("prior/config.json", "{\"c\": 5}");
    server.calls.clear();

    Path after = resolve("owner/name");
    assertThat(after).hasFileName(newer);
    assertThat(after.resolve("prior/config.json")).hasContent("{\"c\": 5}");
    assertThat(before.resolve("prior/config.json")).hasContent("{\"c\": 4}");
    assertThat(after.resolve(WEIGHTS)).hasBinaryContent(weights);
    assertThat(server.count("store", "GET")).isZero();
    assertThat(root.resolve("models--owner--name/refs/main")).hasContent(newer);
  }

  @Test
  void theTokenGoesToTheHubAndNowhereElse() {
    hub("HF_TOKEN", "hf_secret").resolve(MODEL, ALL, DownloadListener.silent());

    assertThat(server.calls)
        .filteredOn(call -> call.host().equals("hub"))
        .isNotEmpty()
        .allMatch(call -> "Bearer hf_secret".equals(call.token()));
    assertThat(server.calls)
        .filteredOn(call -> call.host().equals("store"))
        .isNotEmpty()
        .allMatch(call -> call.token() == null);
  }

  @Test
  void onlyWantedFilesAreAskedFor() {
    Path snapshot = hub().resolve(MODEL, WantedFiles.matching("*.json"), DownloadListener.silent());

    assertThat(snapshot.resolve("prior/config.json")).exists();
    assertThat(snapshot.resolve(WEIGHTS)).doesNotExist();
    assertThat(server.calls).noneMatch(call -> WEIGHTS.equals(call.file()));
  }

  @Test
  void theListenerHearsOfTheWholeDownload() {
    List<Long> heard = new ArrayList<>();
    List<Long> totals = new ArrayList<>();
    Thread caller = Thread.currentThread();
    hub()
        .resolve(
            MODEL,
            ALL,
            (file, bytes, total) -> {
              assertThat(Thread.currentThread()).isSameAs(caller);
              heard.add(bytes);
              totals.add(total);
            });

    long all = weights.length + 2L + 8;
    assertThat(heard).isSorted().last().isEqualTo(all);
    assertThat(totals).containsOnly(all);
  }

  @Test
  void twoThreadsShareOneDownload() throws Exception {
    server.fault(
        "store GET " + WEIGHTS,
        (exchange, content) -> {
          exchange.sendResponseHeaders(200, content.length);
          exchange.getResponseBody().write(content, 0, 1000);
          exchange.getResponseBody().flush();
          pause();
          exchange.getResponseBody().write(content, 1000, content.length - 1000);
        });
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try {
      List<Future<Path>> both =
          threads.invokeAll(
              List.of(
                  () -> hub().resolve(MODEL, ALL, DownloadListener.silent()),
                  () -> hub().resolve(MODEL, ALL, DownloadListener.silent())));

      assertThat(both.get(0).get()).isEqualTo(both.get(1).get());
      assertThat(both.get(0).get().resolve(WEIGHTS)).hasBinaryContent(weights);
      assertThat(server.count("store", "GET")).isEqualTo(1);
    } finally {
      threads.shutdownNow();
    }
  }

  @Test
  void twoProcessesShareOneDownload() throws Exception {
    Predicate<Call> asksForWeights =
        call -> call.method().equals("HEAD") && WEIGHTS.equals(call.file());
    server.fault(
        "store GET " + WEIGHTS,
        (exchange, content) -> {
          exchange.sendResponseHeaders(200, content.length);
          exchange.getResponseBody().write(content, 0, 1000);
          exchange.getResponseBody().flush();
          // Until the other process is there too and finds the lock taken.
          while (server.calls.stream().filter(asksForWeights).count() < 2 && pause()) {}
          pause();
          exchange.getResponseBody().write(content, 1000, content.length - 1000);
        });
    List<Process> processes = List.of(otherProcess(), otherProcess());

    for (Process process : processes) {
      assertThat(new String(process.getInputStream().readAllBytes(), UTF_8)).contains(COMMIT);
      assertThat(process.waitFor()).isZero();
    }
    assertThat(server.count("store", "GET")).isEqualTo(1);
    assertThat(resolve("owner/name").resolve(WEIGHTS)).hasBinaryContent(weights);
  }

  private Process otherProcess() throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx64m",
            "-cp",
            System.getProperty("java.class.path"),
            OtherProcess.class.getName());
    builder.environment().put("HF_HUB_CACHE", root.toString());
    builder.environment().put("HF_ENDPOINT", server.endpoint());
    return builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
  }

  /** Resolves the model in a JVM of its own. */
  static final class OtherProcess {
    private OtherProcess() {}

    public static void main(String[] args) {
      System.out.println(
          Hub.standard(System.getenv()).resolve(MODEL, ALL, DownloadListener.silent()));
    }
  }

  private Path resolve(String name) {
    return hub().resolve(ModelName.parse(name), ALL, DownloadListener.silent());
  }

  private Hub hub(String... variables) {
    Map<String, String> environment = new HashMap<>();
    environment.put("HOME", root.resolve("home").toString());
    environment.put("HF_HUB_CACHE", root.toString());
    environment.put("HF_ENDPOINT", server.endpoint());
    for (int i = 0; i < variables.length; i += 2) {
      environment.put(variables[i], variables[i + 1]);
    }
    return new Hub(environment, PATIENCE);
  }

  private static List<String> names(Path folder) {
    try (Stream<Path> files = Files.list(folder)) {
      return files.map(file -> file.getFileName().toString()).toList();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static boolean pause() {
    try {
      Thread.sleep(100);
      return true;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }
}
