package dev.currywurst.train.dataset;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.image.Image;
import dev.currywurst.image.Png;
import dev.currywurst.image.Resize;
import dev.currywurst.tensor.CurrywurstException;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Base64;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks a server that speaks OpenAI's chat format with pictures, such as llama.cpp, vLLM, Ollama or
 * OpenAI itself: {@code POST /v1/chat/completions} with the picture as a data URL.
 */
public final class ChatCaptioner implements Captioner {
  private static final Logger LOG = LoggerFactory.getLogger(ChatCaptioner.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String PATH = "/chat/completions";

  /** Refusals that another picture would meet, too: the key, the address, the model. */
  private static final Set<Integer> REFUSALS_OF_ALL = Set.of(401, 402, 403, 404, 405);

  private static final int TOO_MANY = 429;
  private static final Duration LONGEST_WAIT = Duration.ofMinutes(2);
  private static final int MESSAGE_LENGTH = 200;

  private final Settings settings;
  private final HttpClient client;
  private long nextStart = System.nanoTime();

  /**
   * How a server is asked.
   *
   * @param server its address, with or without {@code /v1} or the whole path
   * @param model the name of the model there; empty for servers that have one
   * @param prompt what is asked about each picture
   * @param key sent as bearer, if there is one
   * @param maxTokens the longest answer
   * @param side longer pictures are reduced to this
   * @param retries how often a failed request is repeated
   * @param perMinute the most requests a minute; 0 for no limit
   * @param timeout for one answer
   * @param firstWait before the first repetition; each further one waits twice as long
   */
  public record Settings(
      URI server,
      String model,
      String prompt,
      Optional<String> key,
      int maxTokens,
      int side,
      int retries,
      int perMinute,
      Duration timeout,
      Duration firstWait) {

    /** The whole address of the one request that is made. */
    URI endpoint() {
      String address = server.toString().replaceAll("/+$", "");
      if (address.endsWith(PATH)) {
        return URI.create(address);
      }
      return URI.create(address + (address.endsWith("/v1") ? "" : "/v1") + PATH);
    }
  }

  /**
   * A captioner.
   *
   * @throws CurrywurstException if the address is none of http or https
   */
  public ChatCaptioner(Settings settings) {
    String scheme = settings.server().getScheme();
    if (settings.server().getHost() == null || !Set.of("http", "https").contains(scheme)) {
      throw new CurrywurstException(
          settings.server() + " is no address of a server, such as http://localhost:8080.");
    }
    this.settings = settings;
    // No redirections: the key is for this server alone.
    this.client =
        HttpClient.newBuilder()
            .followRedirects(HttpClient.Redirect.NEVER)
            .connectTimeout(Duration.ofSeconds(20))
            .build();
  }

  @Override
  public String caption(Image picture) throws InterruptedException, Unavailable {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(settings.endpoint())
            .timeout(settings.timeout())
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body(picture)));
    settings.key().ifPresent(key -> request.header("Authorization", "Bearer " + key));
    return text(send(request.build()));
  }

  private String body(Image picture) {
    byte[] png = Png.encode(Resize.within(picture, settings.side(), Resize.Filter.BICUBIC));
    ObjectNode body = JSON.createObjectNode();
    if (!settings.model().isEmpty()) {
      body.put("model", settings.model());
    }
    body.put("max_tokens", settings.maxTokens());
    ObjectNode message = body.putArray("messages").addObject().put("role", "user");
    ArrayNode content = message.putArray("content");
    content.addObject().put("type", "text").put("text", settings.prompt());
    content
        .addObject()
        .put("type", "image_url")
        .putObject("image_url")
        .put("url", "data:image/png;base64," + Base64.getEncoder().encodeToString(png));
    return body.toString();
  }

  private String send(HttpRequest request) throws InterruptedException, Unavailable {
    Duration wait = settings.firstWait();
    for (int attempt = 0; ; attempt++) {
      awaitTurn();
      String problem;
      try {
        HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
        int status = response.statusCode();
        if (status == 200) {
          return response.body();
        }
        problem = "answered " + status + message(response.body());
        if (REFUSALS_OF_ALL.contains(status) || (status >= 300 && status < 400)) {
          throw new Unavailable(settings.endpoint() + " " + problem + ".");
        }
        if (status < 500 && status != TOO_MANY && status != 408) {
          throw new CurrywurstException("the server " + problem + ".");
        }
        wait = longer(wait, response);
      } catch (IOException e) {
        problem = "does not answer (" + reason(e) + ")";
      }
      if (attempt == settings.retries()) {
        throw new Unavailable(
            "%s %s, after %d attempts.".formatted(settings.endpoint(), problem, attempt + 1));
      }
      LOG.info("{} {}; trying again in {} s", settings.endpoint(), problem, wait.toSeconds());
      Thread.sleep(Math.min(wait.toMillis(), LONGEST_WAIT.toMillis()));
      wait = wait.multipliedBy(2);
    }
  }

  private static String reason(IOException e) {
    return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
  }

  /** At least what the server asks for. */
  private static Duration longer(Duration wait, HttpResponse<String> response) {
    try {
      Duration asked =
          Duration.ofSeconds(
              response.headers().firstValue("Retry-After").map(Long::parseLong).orElse(0L));
      return asked.compareTo(wait) > 0 ? asked : wait;
    } catch (NumberFormatException e) {
      return wait; // A date; rare, and the next attempt waits longer anyway.
    }
  }

  /** Spreads the requests of all threads evenly. */
  private void awaitTurn() throws InterruptedException {
    if (settings.perMinute() == 0) {
      return;
    }
    long wait;
    synchronized (this) {
      long now = System.nanoTime();
      long start = Math.max(now, nextStart);
      nextStart = start + Duration.ofMinutes(1).toNanos() / settings.perMinute();
      wait = start - now;
    }
    Thread.sleep(Duration.ofNanos(wait).toMillis());
  }

  /** What a server says about a refusal: {@code {"error": {"message": ...}}}, or its beginning. */
  private static String message(String body) {
    String text = body;
    try {
      JsonNode error = JSON.readTree(body).path("error");
      text = error.isTextual() ? error.textValue() : error.path("message").asText(body);
    } catch (JsonProcessingException e) {
      // Not JSON: a proxy's page, of which the beginning tells enough.
    }
    String plain = text.replaceAll("[\\p{Cntrl}\\s]+", " ").strip();
    String end = plain.length() > MESSAGE_LENGTH ? " ..." : "";
    plain = plain.substring(0, Math.min(MESSAGE_LENGTH, plain.length()));
    return plain.isEmpty() ? "" : " (" + plain.replaceAll("\\.+$", "") + end + ")";
  }

  private static String text(String body) {
    JsonNode content;
    try {
      content = JSON.readTree(body).path("choices").path(0).path("message").path("content");
    } catch (JsonProcessingException e) {
      throw new CurrywurstException("the server's answer is not JSON.", e);
    }
    StringBuilder text = new StringBuilder(content.isTextual() ? content.textValue() : "");
    if (content.isArray()) {
      content.forEach(part -> text.append(part.path("text").asText("")));
    }
    String line = text.toString().replaceAll("[\\p{Cntrl}\\s]+", " ").strip();
    if (line.length() > 1 && line.startsWith("\"") && line.endsWith("\"")) {
      line = line.substring(1, line.length() - 1).strip();
    }
    if (line.isEmpty()) {
      throw new CurrywurstException("the server's answer holds no text.");
    }
    return line;
  }
}
