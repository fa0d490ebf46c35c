package dev.currywurst.train.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.currywurst.image.Image;
import dev.currywurst.image.ImageDecoder;
import dev.currywurst.image.Png;
import dev.currywurst.image.Rgb;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.dataset.CaptionRun.Format;
import dev.currywurst.train.dataset.CaptionRun.Options;
import dev.currywurst.train.dataset.CaptionRun.Result;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Captioning a folder, by a server in this JVM and by simple stand-ins. */
class CaptionRunTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;
  private HttpServer server = start();
  private final List<JsonNode> requests = Collections.synchronizedList(new ArrayList<>());
  private final List<String> keys = Collections.synchronizedList(new ArrayList<>());

  private static HttpServer start() {
    try {
      return HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @BeforeEach
  void draw() {
    for (int i = 0; i < 4; i++) {
      Png.write(Image.filled(30 + i, 40, new Rgb(50 * i, 9, 9)), folder.resolve(i + ".png"));
    }
    server.setExecutor(Executors.newCachedThreadPool());
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private interface Answer {
    void to(HttpExchange exchange, int number) throws IOException;
  }

  private void answering(Answer answer) {
    AtomicInteger number = new AtomicInteger();
    server.createContext(
        "/v1/chat/completions",
        exchange -> {
          requests.add(JSON.readTree(exchange.getRequestBody()));
          keys.add(String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
          answer.to(exchange, number.getAndIncrement());
        });
  }

  private static void send(HttpExchange exchange, int status, String body) throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, bytes.length);
    try (OutputStream out = exchange.getResponseBody()) {
      out.write(bytes);
    }
  }

  private static String says(String text) {
    return "{\"choices\": [{\"message\": {\"role\": \"assistant\", \"content\": \""
        + text
        + "\"}}]}";
  }

  private ChatCaptioner chat() {
    return new ChatCaptioner(
        new ChatCaptioner.Settings(
            URI.create("http://localhost:" + server.getAddress().getPort()),
            "eyes",
            "What is this?",
            Optional.of("secret"),
            50,
            32,
            2,
            0,
            Duration.ofSeconds(20),
            Duration.ofMillis(1)));
  }

  private Options options(boolean overwrite, int threads) {
    return new Options(overwrite, Integer.MAX_VALUE, threads, "file_name", "text");
  }

  private CaptionRun run(@Nullable Format format, boolean overwrite, int threads) {
    return CaptionRun.of(Inventory.of(folder), format, options(overwrite, threads));
  }

  private static Result run(CaptionRun run, Captioner captioner) {
    return run.run(captioner, ImageDecoder.DEFAULT, () -> false, done -> {});
  }

  private List<String> metadata() throws IOException {
    return Files.readAllLines(folder.resolve("metadata.jsonl"));
  }

  @Test
  void asksAServer() throws IOException {
    answering((exchange, number) -> send(exchange, 200, says("\\\"A red\\n square.\\\" ")));
    Result result = run(run(null, false, 3), chat());
    assertThat(result).isEqualTo(new Result(4, java.util.Map.of(), null));
    assertThat(metadata())
        .hasSize(4)
        .startsWith("{\"file_name\":\"0.png\",\"text\":\"A red square.\"}");
    assertThat(folder.resolve(CaptionFile.Metadata.JOURNAL)).doesNotExist();
    JsonNode request = requests.get(0);
    assertThat(request.path("model").asText()).isEqualTo("eyes");
    assertThat(request.path("max_tokens").intValue()).isEqualTo(50);
    JsonNode content = request.at("/messages/0/content");
    assertThat(content.at("/0/text").asText()).isEqualTo("What is this?");
    String url = content.at("/1/image_url/url").asText();
    assertThat(url).startsWith("data:image/png;base64,");
    byte[] sent = Base64.getDecoder().decode(url.substring(url.indexOf(',') + 1));
    assertThat(ImageDecoder.DEFAULT.decode(sent, "sent").height()).isEqualTo(32);
    assertThat(keys).containsOnly("Bearer secret");
  }

  @Test
  void triesAgainWhereThatHelps() {
    answering(
        (exchange, number) -> {
          if (number % 2 == 0) {
            send(exchange, number == 0 ? 429 : 503, "busy");
          } else {
            send(exchange, 200, says("a picture"));
          }
        });
    assertThat(run(run(null, false, 1), chat()).captioned()).isEqualTo(4);
    assertThat(requests).hasSize(8);
  }

  @Test
  void goesOnAfterAPictureThatIsRefused() {
    answering(
        (exchange, number) ->
            send(
                exchange,
                number == 1 ? 400 : 200,
                number == 1 ? "{\"error\": {\"message\": \"Too ugly.\"}}" : says("fine")));
    Result result = run(run(null, false, 1), chat());
    assertThat(result.captioned()).isEqualTo(3);
    assertThat(result.failed())
        .containsExactly(java.util.Map.entry("1.png", "the server answered 400 (Too ugly)."));
  }

  @Test
  void endsWhereNothingHelpsAndGoesOnLater() throws IOException {
    answering(
        (exchange, number) ->
            send(exchange, number == 2 ? 401 : 200, number == 2 ? "no" : says("fine")));
    Result first = run(run(null, false, 1), chat());
    assertThat(first.end()).contains("/v1/chat/completions answered 401 (no).");
    assertThat(first.captioned()).isEqualTo(2);
    assertThat(metadata()).hasSize(2 + 2); // all pictures of the folder are listed
    CaptionRun second = run(null, false, 1);
    assertThat(second.todo()).extracting(Inventory.Entry::name).containsExactly("2.png", "3.png");
    assertThat(run(second, chat()).captioned()).isEqualTo(2);
  }

  @Test
  void tellsThatAServerDoesNotAnswer() {
    ChatCaptioner chat = chat();
    server.stop(0);
    assertThat(run(run(null, false, 1), chat).end()).contains("does not answer", "3 attempts");
  }

  /** What is waited for is given up; what was answered is kept. */
  @Test
  void stopsWhenAsked() throws IOException {
    CountDownLatch never = new CountDownLatch(1);
    AtomicBoolean stop = new AtomicBoolean();
    AtomicInteger asked = new AtomicInteger();
    Captioner slow =
        picture -> {
          if (asked.getAndIncrement() == 2) {
            stop.set(true);
            never.await();
          }
          return "number " + asked.get();
        };
    Result result = run(null, false, 1).run(slow, ImageDecoder.DEFAULT, stop::get, done -> {});
    assertThat(result.captioned()).isEqualTo(2);
    assertThat(metadata().get(1)).contains("number 2");
    assertThat(metadata().get(2)).doesNotContain("text");
  }

  /** A thread that ends without a word would look like the end of the run. */
  @Test
  void tellsAnErrorOfAThread() throws IOException {
    AtomicInteger asked = new AtomicInteger();
    Captioner large =
        picture -> {
          if (asked.incrementAndGet() == 2) {
            throw new OutOfMemoryError("a picture of 100 megapixels");
          }
          return "small";
        };
    assertThatThrownBy(() -> run(run(null, false, 1), large))
        .isInstanceOf(OutOfMemoryError.class)
        .hasMessage("a picture of 100 megapixels");
    assertThat(metadata().get(0)).contains("small");
  }

  @Test
  void beginsWithWhatAKilledRunLeft() throws IOException {
    Files.writeString(
        folder.resolve(CaptionFile.Metadata.JOURNAL),
        """
        {"file":"0.png","caption":"from before"}
        {"file":"2.png","capt\
        """);
    CaptionRun run = run(null, false, 1);
    assertThat(run.todo())
        .extracting(Inventory.Entry::name)
        .containsExactly("1.png", "2.png", "3.png");
    run(run, picture -> "new");
    assertThat(metadata())
        .startsWith(
            "{\"file_name\":\"0.png\",\"text\":\"from before\"}",
            "{\"file_name\":\"1.png\",\"text\":\"new\"}");
  }

  /** A folder in a caption's place stands for whatever keeps it from being written. */
  @Test
  void asksNoFurtherWhereACaptionCannotBeKept() throws IOException {
    Files.createDirectories(folder.resolve("1.txt/in the way"));
    AtomicInteger asked = new AtomicInteger();
    Result result = run(run(Format.TXT, false, 1), picture -> "number " + asked.incrementAndGet());
    assertThat(asked).hasValue(2);
    assertThat(result.captioned()).isEqualTo(1);
    assertThat(result.failed()).isEmpty();
    assertThat(result.end()).startsWith("Cannot write " + folder.resolve("1.txt"));
    assertThat(folder.resolve("0.txt")).hasContent("number 1");
  }

  @Test
  void aLineThatFindsNoRoomLeavesNoPartOfItself() throws IOException {
    Path file = folder.resolve("journal");
    try (FileChannel disk =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      CaptionFile.Metadata.append(disk, "first\n".getBytes(StandardCharsets.UTF_8));
      assertThatThrownBy(
              () ->
                  CaptionFile.Metadata.append(
                      new FullDisk(disk, 3), "second\n".getBytes(StandardCharsets.UTF_8)))
          .hasMessage("No space left on device");
      CaptionFile.Metadata.append(disk, "third\n".getBytes(StandardCharsets.UTF_8));
    }
    assertThat(file).hasContent("first\nthird\n");
  }

  /** Has room for a few bytes of what is written. */
  private record FullDisk(FileChannel disk, int room) implements SeekableByteChannel {
    @Override
    public int write(ByteBuffer bytes) throws IOException {
      disk.write(bytes.slice(bytes.position(), room));
      throw new IOException("No space left on device");
    }

    @Override
    public int read(ByteBuffer bytes) throws IOException {
      return disk.read(bytes);
    }

    @Override
    public long position() throws IOException {
      return disk.position();
    }

    @Override
    public SeekableByteChannel position(long position) throws IOException {
      return disk.position(position);
    }

    @Override
    public long size() throws IOException {
      return disk.size();
    }

    @Override
    public SeekableByteChannel truncate(long size) throws IOException {
      return disk.truncate(size);
    }

    @Override
    public boolean isOpen() {
      return disk.isOpen();
    }

    @Override
    public void close() throws IOException {
      disk.close();
    }
  }

  @Test
  void oneRunAtATimeCaptionsAFolder() throws IOException {
    CaptionRun second = run(null, false, 1);
    List<String> refused = new ArrayList<>();
    run(
        run(null, false, 1),
        picture -> {
          assertThatThrownBy(() -> run(second, other -> "second"))
              .isInstanceOf(CurrywurstException.class)
              .satisfies(e -> refused.add(String.valueOf(e.getMessage())));
          return "first";
        });
    assertThat(refused)
        .hasSize(4)
        .containsOnly(
            folder + " is being captioned by another run; wait for it, then start again.");
    assertThat(metadata()).hasSize(4).allMatch(line -> line.contains("first"));
  }

  /** It was prepared before, and begins after, another run. */
  @Test
  void aRunThatKnowsAnOlderListReplacesNothing() throws IOException {
    CaptionRun late = run(null, false, 1);
    run(run(null, false, 1), picture -> "first");
    assertThatThrownBy(() -> run(late, picture -> "second"))
        .isInstanceOf(CurrywurstException.class)
        .hasMessage("The captions of %s have changed since they were read; start again.", folder);
    assertThat(metadata()).hasSize(4).allMatch(line -> line.contains("first"));
    assertThat(run(null, false, 1).todo()).isEmpty();
  }

  @Test
  void leavesCaptionsThatAreThere() throws IOException {
    Files.writeString(
        folder.resolve("metadata.jsonl"),
        """
        {"file_name": "1.png", "text": "mine", "year": 7}
        {"file_name": "2.png", "text": ["one", "two"]}
        """);
    run(run(null, false, 1), picture -> "new");
    assertThat(metadata())
        .containsExactly(
            "{\"file_name\":\"1.png\",\"text\":\"mine\",\"year\":7}",
            "{\"file_name\":\"2.png\",\"text\":[\"one\",\"two\"]}",
            "{\"file_name\":\"0.png\",\"text\":\"new\"}",
            "{\"file_name\":\"3.png\",\"text\":\"new\"}");
    run(run(null, true, 1), picture -> "newer");
    assertThat(metadata()).allMatch(line -> line.contains("newer"));
    assertThat(metadata().get(0)).contains("\"year\":7");
  }

  @Test
  void writesTextsBesidePictures() throws IOException {
    Files.writeString(folder.resolve("1.txt"), "mine\n");
    run(run(null, false, 2), picture -> "new");
    assertThat(folder.resolve("0.txt")).hasContent("new");
    assertThat(folder.resolve("1.txt")).hasContent("mine");
    assertThat(folder.resolve("metadata.jsonl")).doesNotExist();
  }

  @Test
  void refusesWhatWouldLoseCaptions() throws IOException {
    Files.writeString(
        folder.resolve("metadata.jsonl"), "{\"file_name\": \"1.png\", \"text\": \"a\"}\n");
    assertThatThrownBy(() -> run(Format.TXT, false, 1))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("would not be read");
    Files.writeString(folder.resolve("metadata.jsonl"), "{\"file_name\": \"1.p");
    assertThatThrownBy(() -> run(null, false, 1))
        .isInstanceOf(CurrywurstException.class)
        .hasMessageContaining("line 1")
        .hasMessageContaining("Mend it");
  }
}
