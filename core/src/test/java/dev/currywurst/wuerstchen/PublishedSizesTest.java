package dev.currywurst.wuerstchen;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.currywurst.testing.AskedWeights;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/**
 * The published sizes ask for exactly the weights of the published files: names and shapes from
 * diffusers' and torchvision's networks.
 */
class PublishedSizesTest {
  @Test
  void stageC() throws IOException {
    AskedWeights asked = AskedWeights.of(p -> new StageC(StageCConfig.PUBLISHED, p));
    assertPublished(asked, "prior", 648);
    assertThat(asked.count()).isEqualTo(993_636_896);
  }

  @Test
  void stageB() throws IOException {
    AskedWeights asked = AskedWeights.of(p -> new StageB(StageBConfig.PUBLISHED, p));
    assertPublished(asked, "decoder", 990);
    assertThat(asked.count()).isEqualTo(1_055_365_280);
  }

  @Test
  void stageA() throws IOException {
    AskedWeights asked = AskedWeights.of(p -> new StageA(StageAConfig.PUBLISHED, p));
    assertPublished(asked, "vqgan", 122);
    assertThat(asked.count()).isEqualTo(18_406_894);
  }

  @Test
  void imageEncoder() throws IOException {
    AskedWeights asked = AskedWeights.of(p -> new ImageEncoder(ImageEncoderConfig.PUBLISHED, p));
    assertPublished(asked, "image_encoder", 786);
    assertThat(asked.count()).isEqualTo(20_177_488 + 20_512);
  }

  private static void assertPublished(AskedWeights asked, String network, int entries)
      throws IOException {
    Map<String, List<Long>> published = published(network);
    assertThat(published).hasSize(entries);
    // Batch norm's counters: the only entries that no network computes with.
    published.keySet().removeIf(name -> name.endsWith("num_batches_tracked"));
    assertThat(asked.shapes()).isEqualTo(published);
  }

  private static Map<String, List<Long>> published(String network) throws IOException {
    try (InputStream json =
        Objects.requireNonNull(
            PublishedSizesTest.class.getResourceAsStream("published-shapes.json"))) {
      Map<String, List<Long>> shapes = new LinkedHashMap<>();
      for (Map.Entry<String, JsonNode> entry :
          new ObjectMapper().readTree(json).path(network).properties()) {
        List<Long> extents = new ArrayList<>();
        entry.getValue().forEach(extent -> extents.add(extent.longValue()));
        shapes.put(entry.getKey(), extents);
      }
      return shapes;
    }
  }
}
