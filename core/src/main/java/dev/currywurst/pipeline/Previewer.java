package dev.currywurst.pipeline;

import dev.currywurst.image.Image;
import java.util.Optional;

/** Paints previews with the model's fitted map, or without one by principal directions. */
record Previewer(Optional<LatentPreview> fitted) {
  Image paint(StageCLatents latents) {
    return fitted
        .filter(map -> map.channels() == latents.grid().channels())
        .orElseGet(() -> LatentPreview.principal(latents))
        .paint(latents);
  }
}
