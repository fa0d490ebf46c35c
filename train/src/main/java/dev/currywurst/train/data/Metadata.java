package dev.currywurst.train.data;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.dataformat.csv.CsvMapper;
import com.fasterxml.jackson.dataformat.csv.CsvParser;
import com.fasterxml.jackson.dataformat.csv.CsvSchema;
import dev.currywurst.tensor.CurrywurstException;
import dev.currywurst.train.parquet.ParquetFile;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The file in a folder that says which pictures are in it and what they show: {@code
 * metadata.jsonl}, {@code metadata.csv} or {@code metadata.parquet}, as Hugging Face's {@code
 * imagefolder} reads them.
 *
 * @param file the metadata
 * @param folder what its picture names are relative to
 * @param imageColumn of the picture's name
 * @param captionColumn of its caption; in JSON and Parquet also a list of captions
 */
record Metadata(Path file, Path folder, String imageColumn, String captionColumn) {
  private static final String WEIGHT = CaptionFields.WEIGHT;

  static final List<String> NAMES = List.of("metadata.jsonl", "metadata.csv", "metadata.parquet");

  private static final String BYTE_ORDER_MARK = "\ufeff";

  /** What is said about a picture; several lines for one picture add up. */
  static final class Entry {
    private final List<String> captions = new ArrayList<>();
    private double weight = 1;

    List<String> captions() {
      return captions;
    }

    /** That of the last line which has one. */
    double weight() {
      return weight;
    }
  }

  /** The metadata of a folder, if there is one. */
  static Optional<Path> in(Path folder) {
    return NAMES.stream().map(folder::resolve).filter(Files::isRegularFile).findFirst();
  }

  /** Pictures in the order of their first lines. */
  Map<Path, Entry> read() throws IOException {
    Map<Path, Entry> entries = new LinkedHashMap<>();
    String name = file.toString();
    try {
      if (name.endsWith(".csv")) {
        csv(entries);
      } else if (name.endsWith(".parquet")) {
        parquet(entries);
      } else {
        jsonLines(entries);
      }
    } catch (CharacterCodingException e) {
      throw Captions.undecodable(file, e);
    }
    return entries;
  }

  private void jsonLines(Map<Path, Entry> entries) throws IOException {
    int number = 0;
    for (String line : Captions.lines(file)) {
      number++;
      if (line.isBlank()) {
        continue;
      }
      String where = file + ", line " + number;
      JsonNode object = CaptionFields.parse(line, where);
      Entry entry = entry(entries, text(object, where), where);
      entry.captions.addAll(CaptionFields.captions(object, captionColumn, where));
      if (object.hasNonNull(WEIGHT)) {
        entry.weight = CaptionFields.weight(object, where);
      }
    }
  }

  private String text(JsonNode object, String where) {
    JsonNode value = object.path(imageColumn);
    if (!value.isTextual()) {
      throw new CurrywurstException(where + " " + CaptionFields.noName(object, imageColumn));
    }
    return value.textValue();
  }

  private static void add(List<String> captions, @Nullable String text) {
    if (text != null && !text.isBlank()) {
      captions.add(text.strip());
    }
  }

  private void csv(Map<Path, Entry> entries) throws IOException {
    CsvMapper mapper =
        CsvMapper.builder().enable(CsvParser.Feature.FAIL_ON_MISSING_COLUMNS).build();
    CsvSchema header = CsvSchema.emptySchema().withHeader();
    try (BufferedReader text = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
      skipByteOrderMark(text);
      MappingIterator<Map<String, String>> rows =
          mapper.readerForMapOf(String.class).with(header).readValues(text);
      while (rows.hasNextValue()) {
        Map<String, String> row = rows.nextValue();
        String where = file + ", line " + rows.getParser().currentTokenLocation().getLineNr();
        String name = row.get(imageColumn);
        if (name == null) {
          throw new CurrywurstException(
              "%s has no column \"%s\", but %s."
                  .formatted(file, imageColumn, String.join(", ", row.keySet())));
        }
        Entry entry = entry(entries, name, where);
        add(entry.captions, row.get(captionColumn));
        String weight = row.get(WEIGHT);
        if (weight != null && !weight.isBlank()) {
          entry.weight = CaptionFields.weight(number(weight), where);
        }
      }
    } catch (JacksonException e) {
      throw new CurrywurstException(
          "%s, line %d is not valid CSV: %s."
              .formatted(
                  file,
                  e.getLocation() == null ? 1 : e.getLocation().getLineNr(),
                  e.getOriginalMessage()),
          e);
    }
  }

  private static void skipByteOrderMark(BufferedReader text) throws IOException {
    text.mark(1);
    if (text.read() != BYTE_ORDER_MARK.charAt(0)) {
      text.reset();
    }
  }

  private static double number(String text) {
    try {
      return Double.parseDouble(text.strip());
    } catch (NumberFormatException e) {
      return Double.NaN;
    }
  }

  private void parquet(Map<Path, Entry> entries) {
    ParquetFile table = ParquetFile.open(file);
    List<Entry> rows = new ArrayList<>();
    table.bytes(
        imageColumn,
        name -> {
          String where = file + ", row " + (rows.size() + 1);
          if (name.isEmpty()) {
            throw new CurrywurstException(where + " has no text under \"" + imageColumn + "\".");
          }
          rows.add(entry(entries, new String(name.get(0), StandardCharsets.UTF_8), where));
        });
    int[] row = {0};
    table
        .leaf(captionColumn)
        .ifPresent(
            column ->
                table.bytes(
                    column,
                    texts -> {
                      Entry entry = rows.get(row[0]++);
                      texts.forEach(
                          text -> add(entry.captions, new String(text, StandardCharsets.UTF_8)));
                    }));
    if (table.leaf(WEIGHT).isPresent()) {
      double[] weights = table.numbers(WEIGHT);
      for (int i = 0; i < weights.length; i++) {
        if (!Double.isNaN(weights[i])) {
          rows.get(i).weight = CaptionFields.weight(weights[i], file + ", row " + (i + 1));
        }
      }
    }
  }

  private Entry entry(Map<Path, Entry> entries, String name, String where) {
    return entries.computeIfAbsent(inside(name, where), picture -> new Entry());
  }

  /** A name from a file may not lead out of the folder. */
  private Path inside(String name, String where) {
    try {
      if (ImageFolder.isWithin(folder, name)) {
        return folder.resolve(name).normalize();
      }
    } catch (InvalidPathException e) {
      throw new CurrywurstException(
          where + " names \"" + name + "\", which is not a file name here.", e);
    }
    throw new CurrywurstException(
        where + " names \"" + name + "\", which lies outside the folder: move the picture inside.");
  }

  /** Lines of a text, without the mark that some editors put in front. */
  static Stream<String> withoutMark(List<String> lines) {
    return lines.isEmpty() || !lines.get(0).startsWith(BYTE_ORDER_MARK)
        ? lines.stream()
        : Stream.concat(Stream.of(lines.get(0).substring(1)), lines.stream().skip(1));
  }
}
