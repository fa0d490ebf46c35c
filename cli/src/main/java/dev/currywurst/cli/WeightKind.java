package dev.currywurst.cli;

import dev.currywurst.pipeline.Component;
import dev.currywurst.weights.OriginalCheckpoint;
import dev.currywurst.weights.WeightFile;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/** Tells what networks a weight file holds, by the names of its tensors. */
final class WeightKind {
  /** A network, how to read it from a checkpoint of Würstchen's authors, and names only it has. */
  private record Signature(
      Component component, UnaryOperator<WeightFile> reading, List<String> names) {}

  private static final List<Signature> SIGNATURES =
      List.of(
          new Signature(
              Component.PRIOR,
              OriginalCheckpoint::stageC,
              List.of("projection.weight", "cond_mapper.0.weight", "out.1.weight")),
          new Signature(
              Component.DECODER,
              OriginalCheckpoint::stageB,
              List.of("clip_mapper.weight", "embedding.1.weight", "clf.1.weight")),
          new Signature(
              Component.VQGAN,
              OriginalCheckpoint::stageA,
              List.of("vquantizer.embedding.weight", "in_block.1.weight", "out_block.0.weight")),
          new Signature(
              Component.IMAGE_ENCODER,
              OriginalCheckpoint::imageEncoder,
              List.of("backbone.0.0.weight", "mapper.0.weight")));

  private static final List<String> TEXT_TOWER =
      List.of("embeddings.token_embedding.weight", "final_layer_norm.weight");

  private WeightKind() {}

  /** The networks in a file, each under the names that diffusers uses. */
  static Map<Component, WeightFile> networks(WeightFile file) {
    Map<Component, WeightFile> networks = new EnumMap<>(Component.class);
    for (Signature signature : SIGNATURES) {
      WeightFile read = signature.reading().apply(file);
      if (read.names().containsAll(signature.names())) {
        networks.put(signature.component(), read);
      }
    }
    return networks;
  }

  /** A few words on what a file is. */
  static String of(WeightFile file) {
    List<String> kinds =
        new ArrayList<>(networks(file).keySet().stream().map(Component::toString).toList());
    for (String prefix : List.of("", "text_model.")) {
      if (TEXT_TOWER.stream().allMatch(name -> file.names().contains(prefix + name))) {
        kinds.add("text tower");
      }
    }
    if (file.names().contains("image_embeddings")) {
      kinds.add("Stage C latents");
    }
    return kinds.isEmpty() ? "nothing of a Würstchen" : String.join(", ", kinds);
  }
}
