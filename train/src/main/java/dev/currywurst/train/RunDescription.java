package dev.currywurst.train;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.currywurst.tensor.Engine;
import dev.currywurst.train.data.CaptionedImage;
import dev.currywurst.train.data.Fingerprint;
import dev.currywurst.weights.ConfigFile;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * What a run is: all that decides which weights come out of it, and with which program it was
 * begun. {@code run.json} in the output folder.
 *
 * @param decisive settings, sizes, and fingerprints of the pictures and of the model it builds on
 */
record RunDescription(ObjectNode decisive) {
  private static final int FORMAT = 1;
  private static final String DECISIVE = "run";
  private static final String CLASS_PICTURES = "class_pictures";
  private static final int TOLD = 3;

  /** The same with the pictures of a class, which may be painted after the rest is known. */
  RunDescription with(List<CaptionedImage> classPictures) {
    if (classPictures.isEmpty()) {
      return this;
    }
    ObjectNode json = decisive.deepCopy();
    json.put(CLASS_PICTURES, new Fingerprint().addPictures(classPictures).hex());
    return new RunDescription(json);
  }

  /** Equal for runs that train the same, and for no others. */
  String fingerprint() {
    return new Fingerprint().add(new TreeMap<>(leaves(decisive)).toString()).hex();
  }

  /** As it is written. The versions are for the reader: they may change while a run goes on. */
  ObjectNode toJson() {
    ObjectNode json = ConfigFile.newObject().put("format", FORMAT);
    json.put("fingerprint", fingerprint());
    json.set(DECISIVE, decisive);
    json.putObject("versions")
        .put("currywurst", version())
        .put("java", System.getProperty("java.vm.name") + " " + System.getProperty("java.version"))
        .put("system", System.getProperty("os.name") + " " + System.getProperty("os.arch"))
        .put("threads", Engine.threads())
        .put("engine", Engine.buildConfiguration());
    return json;
  }

  private static String version() {
    String version = RunDescription.class.getPackage().getImplementationVersion();
    return version == null ? "development" : version;
  }

  /**
   * The first few things in which this run differs from the written one, such as {@code
   * training.batch_size (16 there, 32 here)}; empty if they are the same run. Pictures of a class
   * are compared once they are known here.
   */
  List<String> differences(JsonNode written) {
    Map<String, String> there = leaves(written.path(DECISIVE));
    Map<String, String> here = leaves(decisive);
    if (!here.containsKey(CLASS_PICTURES)) {
      there.remove(CLASS_PICTURES);
    }
    Set<String> names = new LinkedHashSet<>(here.keySet());
    names.addAll(there.keySet());
    List<String> differences = new ArrayList<>();
    for (String name : names) {
      String before = there.getOrDefault(name, "nothing");
      String now = here.getOrDefault(name, "nothing");
      if (!before.equals(now) && differences.size() < TOLD) {
        differences.add("%s (%s there, %s here)".formatted(name, before, now));
      }
    }
    return differences;
  }

  /** The values by path; those that are lists count as one. */
  static Map<String, String> leaves(JsonNode node) {
    Map<String, String> leaves = new TreeMap<>();
    for (Map.Entry<String, JsonNode> field : node.properties()) {
      if (field.getValue().isObject()) {
        leaves(field.getValue())
            .forEach((name, value) -> leaves.put(field.getKey() + "." + name, value));
      } else {
        leaves.put(field.getKey(), field.getValue().toString());
      }
    }
    return leaves;
  }
}
