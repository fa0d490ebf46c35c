package dev.currywurst.lora;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What is written into every LoRA file for its readers: {@code modelspec.*} (the Stable Diffusion
 * Model Metadata Standard, 1.0.1) and the {@code ss_*} keys of kohya's scripts that follow from the
 * tensors. There is no date among them: the same training writes the same file.
 */
final class LoraRemarks {
  private LoraRemarks() {}

  static Map<String, String> of(Map<LoraTarget, LoraFactors> layers) {
    Map<String, String> remarks = new LinkedHashMap<>();
    remarks.put("modelspec.sai_model_spec", "1.0.1");
    remarks.put("modelspec.architecture", "wuerstchen-v2/lora");
    remarks.put("modelspec.implementation", "currywurst");
    remarks.put("ss_base_model_version", "wuerstchen_v2");
    remarks.put("ss_network_module", "networks.lora");
    remarks.put("ss_network_dim", joined(layers, factors -> Long.toString(factors.rank())));
    remarks.put(
        "ss_network_alpha", joined(layers, factors -> Float.toString((float) factors.alpha())));
    return remarks;
  }

  private interface Figure {
    String of(LoraFactors factors);
  }

  /** One number, or "Dynamic" as kohya's scripts say where layers differ. */
  private static String joined(Map<LoraTarget, LoraFactors> layers, Figure figure) {
    Set<String> values =
        layers.values().stream().map(figure::of).collect(Collectors.toCollection(TreeSet::new));
    return values.size() == 1 ? values.iterator().next() : "Dynamic";
  }
}
