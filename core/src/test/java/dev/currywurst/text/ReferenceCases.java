package dev.currywurst.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.currywurst.testkit.Fixtures;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.StreamSupport;

/**
 * Texts and what transformers made of them; {@code tokenizer_cases.py} beside the tests wrote them.
 */
final class ReferenceCases {
  static final ObjectMapper JSON = new ObjectMapper();

  /** A tokenizer folder, and what the reference made of texts with it. */
  record Group(String name, String vocabulary, JsonNode files, JsonNode json) {
    List<Case> cases() {
      return StreamSupport.stream(json.get("cases").spliterator(), false)
          .map(node -> JSON.convertValue(node, Case.class))
          .toList();
    }

    int begin() {
      return json.get("roles").get(0).intValue();
    }

    int end() {
      return json.get("roles").get(1).intValue();
    }

    int pad() {
      return json.get("roles").get(2).intValue();
    }

    int length() {
      return json.get("length").intValue();
    }

    /** Lays the group's files out as a folder. */
    Path folder(Path parent) {
      Path source = vocabulary.equals("trained") ? resource("trained") : published();
      try {
        for (String file : List.of("vocab.json", "merges.txt")) {
          Files.copy(source.resolve(file), parent.resolve(file));
        }
        for (var file : files.properties()) {
          Files.writeString(parent.resolve(file.getKey()), file.getValue().toString());
        }
      } catch (IOException e) {
        throw new AssertionError(e);
      }
      return parent;
    }

    @Override
    public String toString() {
      return name;
    }
  }

  record Case(String text, List<Integer> ids, String decoded, String cutOff) {}

  private ReferenceCases() {}

  static List<Group> groups() {
    try {
      JsonNode groups = JSON.readTree(resource("tokenizer-cases.json").toFile()).get("groups");
      return StreamSupport.stream(groups.spliterator(), false)
          .map(
              group ->
                  new Group(
                      group.get("name").textValue(),
                      group.get("vocabulary").textValue(),
                      group.get("files"),
                      group))
          .toList();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  static Group group(String name) {
    return groups().stream().filter(group -> group.name().equals(name)).findFirst().orElseThrow();
  }

  /** The vocabulary of CLIP, as published models carry it. */
  static Path published() {
    return Fixtures.wuerstchen().resolve("prior/tokenizer");
  }

  static Path resource(String name) {
    try {
      return Path.of(Objects.requireNonNull(ReferenceCases.class.getResource(name), name).toURI());
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }
}
