package dev.currywurst.cli;

import dev.currywurst.image.Image;
import dev.currywurst.pipeline.GenerationListener;
import dev.currywurst.pipeline.GenerationRequest;
import dev.currywurst.pipeline.ModelFolder;
import dev.currywurst.pipeline.PipelineOptions;
import dev.currywurst.pipeline.WuerstchenPipeline;
import java.util.ArrayList;
import java.util.List;

/** A model, and how its networks compute and are changed while they load. */
record Painter(ModelFolder model, PipelineOptions options) {
  void paint(GenerationRequest request, GenerationListener listener) {
    try (WuerstchenPipeline pipeline = WuerstchenPipeline.of(model, options)) {
      pipeline.paint(request, listener);
    }
  }

  /** All pictures of a request, which are few enough to be kept. */
  List<Image> paint(GenerationRequest request, Progress progress, Interruption interruption) {
    List<Image> pictures = new ArrayList<>();
    paint(
        request,
        new GenerationProgress(progress, interruption, picture -> pictures.add(picture.image())));
    return pictures;
  }
}
