package dev.currywurst.hub;

import static dev.currywurst.hub.FakeHub.COMMIT;
import static dev.currywurst.hub.FakeHub.MODEL;
import static dev.currywurst.hub.FakeHub.corrupt;
import static dev.currywurst.hub.FakeHub.cutAfter;
import static dev.currywurst.hub.FakeHub.status;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.currywurst.hub.FakeHub.Call;
import dev.currywurst.hub.HubTransport.Patience;
import dev.currywurst.tensor.CurrywurstException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.assertj.core.api.AbstractThrowableAssert;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Broken connections, damaged content, refusals and hostile answers. */
class HubFailureTest {
  private static final Patience PATIENCE =
      new Patience(3, Duration.ofMillis(10), Duration.ofSeconds(20));
  private static final String FILE = "model.safetensors";
  private static final WantedFiles ALL = WantedFiles.matching("*");

  @TempDir Path root;
  private FakeHub server;
  private byte[] content;

  @BeforeEach
  void start() {
    content = new byte[200_000];
    new Random(11).nextBytes(content);
    server = new FakeHub().with(FILE, content);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void aCutConnectionIsContinued() {
    server.fault("store GET " + FILE, cutAfter(120_000));

    assertThat(resolve(hub()).resolve(FILE)).hasBinaryContent(content);
    assertThat(server.calls)
        .filteredOn(call -> call.host().equals("store"))
        .extracting(Call::range)
        .containsExactly(null, "bytes=120000-");
  }

  @Test
  void aSilentConnectionIsContinued() {
    server.fault("store GET " + FILE, FakeHub.fallSilentAfter(120_000));
    Patience impatient = new Patience(3, Duration.ofMillis(10), Duration.ofSeconds(1));

    assertThat(resolve(hub(impatient)).resolve(FILE)).hasBinaryContent(content);
    assertThat(server.calls).extracting(Call::range).contains("bytes=120000-");
  }

  @Test
  void connectionsThatAdvanceAreContinuedAsOftenAsNeeded() {
    for (int i = 0; i < 10; i++) {
      server.fault("store GET " + FILE, moreByThenCut(10_000));
    }

    assertThat(resolve(hub()).resolve(FILE)).hasBinaryContent(content);
  }

  @Test
  void theNextRunContinuesWhereThisOneEnded() {
    server.fault("store GET " + FILE, cutAfter(120_000), status(503), status(503));
    fails(hub())
        .hasMessageContaining("Failed downloading " + FILE)
        .hasMessageContaining("HTTP 503");
    assertThat(root.resolve("models--owner--name/refs/main")).doesNotExist();
    server.calls.clear();

    assertThat(resolve(hub()).resolve(FILE)).hasBinaryContent(content);
    assertThat(server.calls)
        .filteredOn(call -> call.host().equals("store"))
        .extracting(Call::range)
        .containsExactly("bytes=120000-");
  }

  @Test
  void aServerThatIgnoresTheRangeStartsAnew() {
    server.fault("store GET " + FILE, cutAfter(120_000), cutAfter(200_000));

    assertThat(resolve(hub()).resolve(FILE)).hasBinaryContent(content);
    assertThat(server.count("store", "GET")).isEqualTo(2);
  }

  @Test
  void damagedContentIsFetchedAnew() {
    server.fault("store GET " + FILE, corrupt());

    assertThat(resolve(hub()).resolve(FILE)).hasBinaryContent(content);
  }

  @Test
  void contentThatStaysDamagedNeverEntersTheCache() throws IOException {
    server.alwaysFault("store GET " + FILE, corrupt());

    fails(hub()).hasMessageContaining(FILE + " arrived damaged").hasMessageContaining("SHA-256");
    assertThat(server.count("store", "GET")).isEqualTo(2);
    assertThat(root.resolve("models--owner--name/blobs")).isEmptyDirectory();
    assertThat(root.resolve("models--owner--name/refs/main")).doesNotExist();
    assertThat(root.resolve("models--owner--name/snapshots")).doesNotExist();
  }

  @Test
  void smallFilesAreVerifiedAsGitDoes() {
    server.with("config.json", "{}");
    server.alwaysFault("hub GET config.json", corrupt());

    fails(hub()).hasMessageContaining("config.json arrived damaged").hasMessageContaining("SHA-1");
  }

  @Test
  void aForeignPartialFileIsThrownAway() throws IOException {
    Path blobs = Files.createDirectories(root.resolve("models--owner--name/blobs"));
    Files.writeString(
        blobs.resolve(FakeHub.etag(FILE, content) + ".currywurst.incomplete"), "x".repeat(500_000));

    assertThat(resolve(hub()).resolve(FILE)).hasBinaryContent(content);
  }

  @Test
  void moreContentThanPromisedIsRefused() {
    server.alwaysFault(
        "store GET " + FILE,
        (exchange, bytes) -> {
          exchange.sendResponseHeaders(200, 0); // chunked, without end as far as we know
          for (int i = 0; i < 3; i++) {
            exchange.getResponseBody().write(bytes);
          }
        });

    fails(hub()).hasMessageContaining("longer than the 200000 bytes that were promised");
  }

  @Test
  void aSizeThatIsNotToldIsLearntFromTheContent() {
    String etag = FakeHub.etag(FILE, content);
    server.alwaysFault(
        "hub HEAD " + FILE, status(302, "X-Linked-Etag", etag, "Location", server.stored(FILE)));
    server.fault("store GET " + FILE, cutAfter(120_000));

    assertThat(resolve(hub()).resolve(FILE)).hasBinaryContent(content);
    assertThat(server.count("store", "GET")).isEqualTo(2);
  }

  @Test
  void aBusyHubIsAskedAgainWhenItSays() {
    server.fault("hub GET -", status(429, "Retry-After", "1"));
    server.fault("hub HEAD " + FILE, status(500), status(502));
    long start = System.nanoTime();

    assertThat(resolve(hub()).resolve(FILE)).hasBinaryContent(content);
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(Duration.ofSeconds(1));
  }

  @Test
  void aWaitThatIsTooLongIsLeftToTheUser() {
    server.fault("hub GET -", status(429, "Retry-After", "7200"));

    fails(hub()).hasMessageContaining("HTTP 429").hasMessageContaining("7200 s");
  }

  @Test
  void anUnreachableHubIsNotInsistedOn() {
    server.close();
    Patience slow = new Patience(5, Duration.ofMinutes(5), Duration.ofSeconds(20));

    fails(hub(slow))
        .hasMessageContaining("Failed asking for the files of owner/name@main")
        .hasMessageContaining(server.endpoint())
        .hasMessageContaining("check the network");
  }

  @Test
  void gatedModelsSayHowToGetIn() {
    server.alwaysFault("hub HEAD " + FILE, status(403, "X-Error-Code", "GatedRepo"));

    fails(hub())
        .hasMessageContaining("owner/name is gated: accept its terms at " + server.endpoint())
        .hasMessageContaining("set HF_TOKEN");
    fails(hub("HF_TOKEN", "hf_x")).hasMessageContaining("the present one may not");
  }

  @Test
  void missingModelsRevisionsAndFilesAreToldApart() {
    server.fault("hub GET -", status(404, "X-Error-Code", "RepoNotFound"));
    fails(hub()).hasMessageContaining("There is no model owner/name@main");

    server.fault("hub GET -", status(401));
    fails(hub()).hasMessageContaining("does not exist").hasMessageContaining("set HF_TOKEN");

    server.fault("hub GET -", status(401));
    fails(hub("HF_TOKEN", "hf_x")).hasMessageContaining("does not let your token read");

    assertThatThrownBy(
            () -> hub().resolve(ModelName.parse("owner/name@v9"), ALL, DownloadListener.silent()))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("owner/name has no revision \"v9\"");

    server.fault("hub HEAD " + FILE, status(404, "X-Error-Code", "EntryNotFound"));
    fails(hub()).hasMessageContaining("does not have it");

    assertThatThrownBy(
            () -> hub().resolve(MODEL, WantedFiles.matching("x.pt"), DownloadListener.silent()))
        .isInstanceOf(CurrywurstException.class)
        .hasMessage("owner/name@main has no file x.pt; it has model.safetensors.");
  }

  @Test
  void aRevisionThatWasTakenBackIsNotServedFromTheCache() {
    resolve(hub());
    server.revisions.clear();

    fails(hub()).hasMessageContaining("has no revision \"main\"");
  }

  @Test
  void aFileLargerThanTheDiskIsRefusedBeforeItIsFetched() {
    server.alwaysFault(
        "hub HEAD " + FILE,
        status(
            302,
            "X-Linked-Etag",
            "abc",
            "X-Linked-Size",
            "9" + "0".repeat(17),
            "Location",
            "http://localhost:1/"));

    server.alwaysFault("hub GET " + FILE, status(500));
    fails(hub())
        .hasMessageContaining("needs 900000000.0 GB more in " + root)
        .hasMessageContaining("HF_HUB_CACHE");
    assertThat(server.count("hub", "GET")).as("the listing only").isEqualTo(1);
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void aDiskThatFillsUpIsNamed() throws IOException {
    Path blobs = Files.createDirectories(root.resolve("models--owner--name/blobs"));
    Files.createSymbolicLink(
        blobs.resolve(FakeHub.etag(FILE, content) + ".currywurst.incomplete"),
        Path.of("/dev/full"));

    fails(hub())
        .hasMessageContaining("cannot be written (No space left on device)")
        .hasMessageContaining("make room on that disk");
    assertThat(server.count("store", "GET")).as("no use in trying again").isEqualTo(1);
  }

  @Test
  void aCacheThatCannotBeWrittenIsNamed() throws IOException {
    Files.writeString(root.resolve("models--owner--name"), "a file where a folder should be");

    fails(hub())
        .hasMessageContaining(root + " cannot be written (")
        .hasMessageContaining("models--owner--name");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "../outside.json",
        "a/../../outside.json",
        "/etc/outside.json",
        "C:/outside.json",
        "C:outside.json",
        "..\\outside.json",
        "\\\\host\\share\\outside.json",
        "a//outside.json",
        "a/./outside.json",
        "nul\0.json"
      })
  void hostileNamesAreRefused(String name) {
    server.with(name, "evil");

    fails(hub()).hasMessageContaining("could lie outside of the cache");
    assertThat(root).isEmptyDirectory();
  }

  @Test
  void hostileCommitsAndEtagsAreRefused() {
    server.revisions.put("main", "../../../outside");
    fails(hub()).hasMessageContaining("does not list owner/name@main as a Hugging Face hub does");

    server.revisions.put("main", COMMIT);
    server.alwaysFault(
        "hub HEAD " + FILE,
        status(200, "ETag", "\"../../x\"", "Content-Length", "3", "X-Repo-Commit", COMMIT));
    fails(hub()).hasMessageContaining("cannot name a file in the cache");
  }

  @Test
  void aPageThatIsNoHubIsNoticed() {
    server.fault(
        "hub GET -",
        (exchange, none) -> {
          byte[] page = "<html>log in to the guest network</html>".getBytes(UTF_8);
          exchange.sendResponseHeaders(200, page.length);
          exchange.getResponseBody().write(page);
        });

    fails(hub()).hasMessageContaining("check HF_ENDPOINT and the proxy");
  }

  @Test
  void redirectsStayOnHttps() throws Exception {
    URI from = URI.create("https://huggingface.co/owner/name/resolve/main/x");
    assertThat(HubTransport.target(from, "/api/x")).hasToString("https://huggingface.co/api/x");
    assertThat(HubTransport.target(from, "https://cdn.hf.co/x?y=1")).hasHost("cdn.hf.co");
    for (String bad : new String[] {"http://huggingface.co/x", "file:///etc/passwd", "ftp://x/y"}) {
      assertThatThrownBy(() -> HubTransport.target(from, bad))
          .hasMessageContaining("is not followed");
    }
  }

  @Test
  void redirectsWithoutEndAreNoticed() {
    server.alwaysFault(
        "hub HEAD " + FILE, status(307, "Location", "/owner/name/resolve/a/" + FILE));

    fails(hub()).hasMessageContaining("redirects without end");
  }

  private static FakeHub.Fault moreByThenCut(int bytes) {
    return (exchange, content) -> {
      String range = exchange.getRequestHeaders().getFirst("Range");
      int from = range == null ? 0 : Integer.parseInt(range.replaceAll("\\D", ""));
      exchange
          .getResponseHeaders()
          .set(
              "Content-Range", "bytes " + from + "-" + (content.length - 1) + "/" + content.length);
      exchange.sendResponseHeaders(range == null ? 200 : 206, content.length - from);
      exchange.getResponseBody().write(content, from, bytes);
      exchange.getResponseBody().flush();
    };
  }

  private static Path resolve(Hub hub) {
    return hub.resolve(MODEL, ALL, DownloadListener.silent());
  }

  private static AbstractThrowableAssert<?, ? extends Throwable> fails(Hub hub) {
    return assertThatThrownBy(() -> resolve(hub)).isInstanceOf(CurrywurstException.class);
  }

  private Hub hub(String... variables) {
    return hub(PATIENCE, variables);
  }

  private Hub hub(Patience patience, String... variables) {
    Map<String, String> environment = new HashMap<>();
    environment.put("HOME", root.resolve("home").toString());
    environment.put("HF_HUB_CACHE", root.toString());
    environment.put("HF_ENDPOINT", server.endpoint());
    for (int i = 0; i < variables.length; i += 2) {
      environment.put(variables[i], variables[i + 1]);
    }
    return new Hub(environment, patience);
  }
}
