package dev.currywurst.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.tensor.CurrywurstException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A child process that answers requests, one JSON object a line each. */
final class Side implements AutoCloseable {
  static final ObjectMapper JSON = new ObjectMapper();

  private final String name;
  private final Process process;
  private final Writer requests;
  private final BufferedReader answers;

  private Side(String name, Process process) {
    this.name = name;
    this.process = process;
    this.requests = new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8);
    this.answers =
        new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
  }

  /** Starts a process; what it writes to its error stream is shown. */
  static Side start(String name, List<String> command) {
    try {
      Process process =
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
      return new Side(name, process);
    } catch (IOException e) {
      throw new CurrywurstException("%s does not start: %s".formatted(name, e.getMessage()), e);
    }
  }

  static ObjectNode request(String command) {
    return JSON.createObjectNode().put("command", command);
  }

  /**
   * Asks and waits.
   *
   * @throws CurrywurstException if the process reports an error or is gone
   */
  JsonNode ask(JsonNode request) {
    try {
      requests.write(request + "\n");
      requests.flush();
      String line = answers.readLine();
      if (line == null) {
        throw new CurrywurstException(
            name + " ended while it was asked to " + request.get("command").asText() + ".");
      }
      JsonNode answer = JSON.readTree(line);
      if (answer.has("error")) {
        throw new CurrywurstException(name + ": " + answer.get("error").asText());
      }
      return answer;
    } catch (IOException e) {
      throw new CurrywurstException(name + " does not answer: " + e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    try {
      requests.close();
      if (!process.waitFor(20, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (IOException e) {
      process.destroyForcibly();
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
