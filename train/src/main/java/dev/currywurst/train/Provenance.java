package dev.currywurst.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.data.Fingerprint;
import dev.currywurst.weights.ConfigFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.stream.Stream;

/**
 * What made the output folder, in {@code provenance.json}: the command, all that decides the
 * weights (with fingerprints of pictures and model), the versions, each time that the run was
 * started, the energy it took, and the SHA-256 of the files that came out.
 */
final class Provenance {
  private static final int FORMAT = 1;

  private final Path file;
  private final ObjectNode json;
  private final ObjectNode session;
  private final Power power;
  private final long began = System.nanoTime();

  private Provenance(Path file, ObjectNode json, ObjectNode session, Power power) {
    this.file = file;
    this.power = power;
    this.json = json;
    this.session = session;
  }

  /** Begins, or goes on, in a folder that the run has claimed. */
  static Provenance begin(RunFolder folder, TrainingRun.Request request, Start start, Power power) {
    Path file = folder.provenance();
    ObjectNode before = existing(file);
    ObjectNode json = ConfigFile.newObject().put("format", FORMAT);
    ArrayNode command = json.putArray("command");
    if (start.command().isEmpty()) {
      before.path("command").forEach(word -> command.add(word.asText()));
    } else {
      start.command().forEach(command::add);
    }
    json.put("directory", Path.of("").toAbsolutePath().toString());
    json.put("data", request.data().toString());
    request.model().ifPresent(model -> json.put("model", model.toString()));
    json.put("steps", request.given().steps());
    ObjectNode described = folder.description().toJson();
    json.set("fingerprint", described.path("fingerprint"));
    json.set("run", described.path("run"));
    ObjectNode versions = described.withObject("/versions").deepCopy();
    versions.put("processor", processor());
    json.set("versions", versions);
    ArrayNode sessions = json.putArray("sessions");
    before.path("sessions").forEach(sessions::add);
    ObjectNode session = sessions.addObject().put("began", now());
    return new Provenance(file, json, session, power);
  }

  private static ObjectNode existing(Path file) {
    if (!Files.exists(file)) {
      return ConfigFile.newObject();
    }
    try {
      JsonNode json = new ObjectMapper().readTree(Files.readAllBytes(file));
      return json instanceof ObjectNode object ? object : ConfigFile.newObject();
    } catch (IOException e) {
      return ConfigFile.newObject(); // What the weights depend on stands in run.json too.
    }
  }

  /** The step up to which a run has checkpoints by its own account; 0 for none. */
  static long reached(Path file) {
    long reached = 0;
    for (JsonNode session : existing(file).path("sessions")) {
      reached = Math.max(reached, session.path("to_step").asLong());
    }
    return reached;
  }

  private static String now() {
    return Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
  }

  private static String processor() {
    try (Stream<String> lines = Files.lines(Path.of("/proc/cpuinfo"))) {
      return lines
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse(System.getProperty("os.arch"));
    } catch (IOException | java.io.UncheckedIOException e) {
      return System.getProperty("os.arch");
    }
  }

  /** The run goes on from a step. */
  void started(long step) {
    session.put("from_step", step);
    reached(step, 0);
  }

  /** A checkpoint was written. */
  void reached(long step, int skipped) {
    session
        .put("to_step", step)
        .put("ended", now())
        .put("seconds", Math.round((System.nanoTime() - began) / 1e9));
    json.put("skipped_steps", skipped);
    json.set("energy", energy().toJson());
    write();
  }

  /** What the run has taken since its first start, by the power that the user told. */
  EnergyEstimate energy() {
    long seconds = 0;
    for (JsonNode one : json.path("sessions")) {
      seconds += one.path("seconds").asLong();
    }
    return power.over((double) seconds);
  }

  /** The models are written. */
  void made(List<Path> models) {
    ObjectNode result = json.putObject("result");
    for (Path model : models) {
      try (Stream<Path> files = Files.walk(model)) {
        for (Path one : files.filter(Files::isRegularFile).sorted().toList()) {
          String name = model.getFileName() + "/" + model.relativize(one).toString();
          result.put(name.replace('\\', '/'), Fingerprint.ofFile(one));
        }
      } catch (IOException e) {
        throw new CurrywurstException(model + " cannot be read: " + e.getMessage() + ".", e);
      }
    }
    write();
  }

  /** As it is written. */
  ObjectNode json() {
    return json;
  }

  private void write() {
    ConfigFile.write(file, json);
  }
}
