package dev.currywurst.train.source;

import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.data.CaptionFields;
import dev.currywurst.train.data.Fingerprint;
import dev.currywurst.train.data.PictureBytes;
import dev.currywurst.train.parquet.ParquetFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A Parquet file of pictures as the Hugging Face hub stores them: a column {@code image} of {@code
 * bytes} and {@code path}, and a column {@code text}.
 *
 * @param columns of pictures and captions; a column of plain bytes holds pictures as well
 */
record ParquetArchive(Path file, ParquetFile table, Columns columns) implements Archive {
  static ParquetArchive open(Path file, Columns columns) {
    return new ParquetArchive(file, ParquetFile.open(file), columns);
  }

  @Override
  public String settings() {
    return "parquet " + columns;
  }

  @Override
  public List<Listed> list() {
    String image = image();
    List<List<String>> captions = captions();
    double[] weights =
        table.leaf(CaptionFields.WEIGHT).isPresent()
            ? table.numbers(CaptionFields.WEIGHT)
            : new double[0];
    List<String> names = names(image);
    List<Listed> listed = new ArrayList<>();
    table.bytes(
        image,
        bytes -> {
          int row = listed.size();
          String where = file + ", row " + (row + 1);
          if (bytes.isEmpty()) {
            throw new CurrywurstException(
                where
                    + " has no picture under \""
                    + image
                    + "\", at most a path that leads outside.");
          }
          double weight = row < weights.length && !Double.isNaN(weights[row]) ? weights[row] : 1;
          byte[] picture = bytes.get(0);
          listed.add(
              new Listed(
                  "row " + (row + 1) + (names.isEmpty() ? "" : names.get(row)),
                  row,
                  picture.length,
                  Fingerprint.ofBytes(picture),
                  captions.get(row),
                  CaptionFields.weight(weight, where)));
        });
    return listed;
  }

  /** The column of the pictures' bytes, one a row. */
  private String image() {
    String column = imageColumn();
    if (table.isList(column)) {
      throw new CurrywurstException(
          "%s has several pictures a row under \"%s\"; make a row of each, with its caption."
              .formatted(file, column));
    }
    return column;
  }

  private String imageColumn() {
    for (String name : columns.images()) {
      for (String column : List.of(name + ".bytes", name)) {
        if (table.columns().contains(column)) {
          return column;
        }
      }
    }
    List<String> structs = table.columns().stream().filter(c -> c.endsWith(".bytes")).toList();
    if (columns.image().isEmpty() && structs.size() == 1) {
      return structs.get(0);
    }
    throw missing("pictures", columns.image(), "image_column");
  }

  private List<List<String>> captions() {
    String column =
        columns.captions().stream()
            .map(table::leaf)
            .flatMap(Optional::stream)
            .findFirst()
            .orElseThrow(() -> missing("captions", columns.caption(), "caption_column"));
    List<List<String>> captions = new ArrayList<>();
    table.bytes(
        column,
        texts ->
            captions.add(
                texts.stream()
                    .map(text -> new String(text, StandardCharsets.UTF_8).strip())
                    .filter(text -> !text.isEmpty())
                    .toList()));
    return captions;
  }

  private CurrywurstException missing(String what, Optional<String> wanted, String setting) {
    return new CurrywurstException(
        "%s has no column of %s%s; set %s to one of %s."
            .formatted(
                file,
                what,
                wanted.map(name -> " named " + name).orElse(" under a usual name"),
                setting,
                String.join(", ", table.columns())));
  }

  /** What the pictures were called before they came into the file; empty if nothing tells. */
  private List<String> names(String image) {
    String column = image.endsWith(".bytes") ? image.replaceAll("bytes$", "path") : "";
    List<String> names = new ArrayList<>();
    if (table.columns().contains(column)) {
      table.bytes(
          column,
          path ->
              names.add(
                  path.isEmpty() ? "" : " " + new String(path.get(0), StandardCharsets.UTF_8)));
    }
    return names;
  }

  @Override
  public PictureBytes picture(Listed listed) {
    return new ParquetPicture(file, table, image(), listed);
  }

  private record ParquetPicture(Path file, ParquetFile table, String column, Listed listed)
      implements PictureBytes {
    @Override
    public String name() {
      return file + ", " + listed.name();
    }

    @Override
    public byte[] read() {
      byte[] bytes = table.bytes(column, listed.position());
      return Dataset.requireUnchanged(file, listed, bytes == null ? new byte[0] : bytes);
    }
  }
}
