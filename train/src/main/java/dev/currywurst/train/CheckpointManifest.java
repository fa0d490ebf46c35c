package dev.currywurst.train;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.data.Fingerprint;
import dev.currywurst.weights.AtomicFile;
import dev.currywurst.weights.ConfigFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * What a checkpoint says of itself, beside its bytes: with it a torn or damaged one is found out.
 *
 * @param step after which it was written
 * @param fingerprint of the run's settings and data
 * @param bytes of the state's file
 * @param sha256 of these
 */
record CheckpointManifest(long step, String fingerprint, long bytes, String sha256) {
  static final String NAME = "manifest.json";
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int FORMAT = 2;

  /** Why a checkpoint cannot be used, as a part of a sentence. */
  static final class BrokenCheckpoint extends Exception {
    private static final long serialVersionUID = 1L;

    BrokenCheckpoint(String message) {
      super(message);
    }
  }

  /** The manifest of a state that was written just now. */
  static CheckpointManifest of(long step, String fingerprint, Path state) throws IOException {
    String sha256 = Fingerprint.ofReadable(state);
    return new CheckpointManifest(step, fingerprint, Files.size(state), sha256);
  }

  /** As it is written. */
  AtomicFile.Content content() throws IOException {
    return AtomicFile.Content.of(
        JSON.writerWithDefaultPrettyPrinter()
            .writeValueAsBytes(
                ConfigFile.newObject()
                    .put("format", FORMAT)
                    .put("step", step)
                    .put("fingerprint", fingerprint)
                    .put("bytes", bytes)
                    .put("sha256", sha256)));
  }

  /**
   * The manifest of a checkpoint whose bytes are as it says.
   *
   * @param state name of the state's file
   * @throws BrokenCheckpoint if they are not or cannot be read, or there is no manifest
   * @throws CurrywurstException if another version of the program wrote it
   */
  static CheckpointManifest read(Path checkpoint, String state) throws BrokenCheckpoint {
    try {
      JsonNode json = JSON.readTree(Files.readAllBytes(checkpoint.resolve(NAME)));
      int format = json.path("format").asInt();
      if (format > FORMAT) {
        throw new CurrywurstException(
            checkpoint + " was written by a newer Currywurst; update, or choose another --output.");
      }
      CheckpointManifest manifest =
          new CheckpointManifest(
              json.path("step").asLong(-1),
              json.path("fingerprint").asText(),
              json.path("bytes").asLong(-1),
              json.path("sha256").asText());
      if (!manifest.equals(of(manifest.step, manifest.fingerprint, checkpoint.resolve(state)))) {
        throw new BrokenCheckpoint("its bytes differ from its manifest");
      }
      if (format < FORMAT) {
        throw new CurrywurstException(
            checkpoint + " was written by an older Currywurst; choose another --output.");
      }
      return manifest;
    } catch (JsonProcessingException e) {
      throw new BrokenCheckpoint("its manifest is no JSON");
    } catch (NoSuchFileException e) {
      throw new BrokenCheckpoint(e.getFile() + " is missing");
    } catch (IOException e) {
      throw new BrokenCheckpoint(String.valueOf(e.getMessage()));
    }
  }
}
