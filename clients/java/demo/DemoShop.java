// SPDX-License-Identifier: Apache-2.0
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import dev.quoin.ads.v1.Ad;
import dev.quoin.ads.v1.AdServerGrpc;
import dev.quoin.ads.v1.Pricing;
import dev.quoin.ads.v1.PutAdRequest;
import dev.quoin.ads.v1.ReportClickRequest;
import dev.quoin.ads.v1.ReportViewRequest;
import dev.quoin.ads.v1.SetBudgetRequest;
import dev.quoin.ads.v1.TargetRequest;
import dev.quoin.ads.v1.TargetResponse;
import dev.quoin.client.Quoin;
import dev.quoin.counters.v1.CountersGrpc;
import dev.quoin.counters.v1.IncrementRequest;
import dev.quoin.logs.v1.LogsGrpc;
import dev.quoin.logs.v1.Severity;
import dev.quoin.logs.v1.WriteRequest;
import dev.quoin.queues.v1.EnqueueRequest;
import dev.quoin.queues.v1.NewTask;
import dev.quoin.queues.v1.QueuesGrpc;
import dev.quoin.search.v1.CreateIndexRequest;
import dev.quoin.search.v1.Document;
import dev.quoin.search.v1.FieldDefinition;
import dev.quoin.search.v1.FieldType;
import dev.quoin.search.v1.PutRequest;
import dev.quoin.search.v1.QueryRequest;
import dev.quoin.search.v1.SearchGrpc;
import dev.quoin.stats.v1.RecordRequest;
import dev.quoin.stats.v1.StatsGrpc;
import java.util.List;
import java.util.Random;
import java.util.UUID;

/** The shop: customers look, search, see ads, and order. */
final class DemoShop {
  private static final String INDEX = "products";
  private static final String NETWORK = "shop";
  private static final List<String> COLOURS = List.of("red", "blue", "green", "black", "white");
  private static final List<String> THINGS =
      List.of("running shoes", "rain jacket", "leather boots", "wool scarf", "tent", "backpack");
  private static final List<String> BRANDS = List.of("acme", "northway", "alder");
  private static final List<String> PLACES = List.of("US", "FR", "DE", "JP");
  private static final List<String> PATHS = List.of("/", "/search", "/product", "/checkout");

  private final AdServerGrpc.AdServerBlockingStub ads;
  private final CountersGrpc.CountersBlockingStub counters;
  private final LogsGrpc.LogsBlockingStub logs;
  private final QueuesGrpc.QueuesBlockingStub queues;
  private final SearchGrpc.SearchBlockingStub search;
  private final StatsGrpc.StatsBlockingStub stats;
  private final Random random;
  private int orders = 1000;

  DemoShop(Quoin quoin, Random random) {
    this.ads = AdServerGrpc.newBlockingStub(quoin.channel());
    this.counters = CountersGrpc.newBlockingStub(quoin.channel());
    this.logs = LogsGrpc.newBlockingStub(quoin.channel());
    this.queues = QueuesGrpc.newBlockingStub(quoin.channel());
    this.search = SearchGrpc.newBlockingStub(quoin.channel());
    this.stats = StatsGrpc.newBlockingStub(quoin.channel());
    this.random = random;
  }

  void open() {
    search.createIndex(
        CreateIndexRequest.newBuilder()
            .setIndex(INDEX)
            .addFields(field("title", FieldType.FIELD_TYPE_TEXT).setWeight(2))
            .addFields(field("text", FieldType.FIELD_TYPE_TEXT))
            .addFields(field("brand", FieldType.FIELD_TYPE_TAG))
            .addFields(field("colour", FieldType.FIELD_TYPE_TAG))
            .addFields(field("price", FieldType.FIELD_TYPE_NUMBER).setSortable(true))
            .build());
    for (String thing : THINGS) {
      for (String colour : COLOURS) {
        String title = colour + " " + thing;
        Document.Builder document =
            Document.newBuilder()
                .setId(title.replace(' ', '-'))
                .setFields(
                    Struct.newBuilder()
                        .putFields("title", text(title))
                        .putFields("text", text("A " + title + " for every weather, made to last."))
                        .putFields("brand", text(any(BRANDS)))
                        .putFields("colour", text(colour))
                        .putFields(
                            "price",
                            Value.newBuilder().setNumberValue(20 + random.nextInt(180)).build()));
        search.put(PutRequest.newBuilder().setIndex(INDEX).setDocument(document).build());
      }
      String id = thing.replace(' ', '-');
      ads.putAd(
          PutAdRequest.newBuilder()
              .setNetwork(NETWORK)
              .setAd(
                  Ad.newBuilder()
                      .setId(id)
                      .setCampaign("autumn")
                      .setPricing(Pricing.PRICING_CPM)
                      .setBidMicros(1_000_000L + random.nextInt(4_000_000))
                      .addAllLocations(PLACES)
                      .setContent(thing + " for rain and wind"))
              .build());
      ads.setBudget(
          SetBudgetRequest.newBuilder()
              .setNetwork(NETWORK)
              .setAdId(id)
              .setDailyMicros(50_000_000)
              .build());
    }
  }

  /** Somebody opens a page. */
  void visit() {
    counters.increment(IncrementRequest.newBuilder().setName("page-views").build());
    stats.record(
        RecordRequest.newBuilder()
            .setContext(any(PATHS))
            .setKind("latency-ms")
            .setValue(
                Math.abs(random.nextGaussian()) * 20 + 8 + (random.nextInt(400) == 0 ? 900 : 0))
            .build());
    if (random.nextInt(3) == 0) {
      search.query(
          QueryRequest.newBuilder()
              .setIndex(INDEX)
              .setQuery(any(COLOURS) + " " + any(THINGS))
              .build());
      counters.increment(IncrementRequest.newBuilder().setName("searches").build());
    }
    TargetResponse target =
        ads.target(
            TargetRequest.newBuilder()
                .setNetwork(NETWORK)
                .addLocations(any(PLACES))
                .setContent("what to wear in " + any(List.of("rain", "wind", "the sun")))
                .setViewer("viewer-" + random.nextInt(500))
                .build());
    if (target.getAdsCount() > 0) {
      String token = target.getTargetToken();
      ads.reportView(
          ReportViewRequest.newBuilder().setTargetToken(token).setEventId(event()).build());
      if (random.nextInt(20) == 0) {
        ads.reportClick(
            ReportClickRequest.newBuilder().setTargetToken(token).setEventId(event()).build());
      }
    }
  }

  /** Somebody buys. */
  void order() {
    String order = "#" + ++orders;
    counters.increment(IncrementRequest.newBuilder().setName("orders").build());
    queues.enqueue(task("packing", "pack", order));
    queues.enqueue(task("mail", random.nextInt(10) == 0 ? "survey" : "receipt", order));
    boolean failed = random.nextInt(25) == 0;
    logs.write(
        WriteRequest.newBuilder()
            .setName("shop")
            .setSeverity(failed ? Severity.SEVERITY_ERROR : Severity.SEVERITY_INFO)
            .setText(failed ? "no answer from the payment service" : "took the order " + order)
            .setTemplate(failed ? "no answer from the payment service" : "took the order {order}")
            .putFields("host", "host-" + (1 + random.nextInt(3)))
            .build());
  }

  private EnqueueRequest task(String queue, String kind, String order) {
    return EnqueueRequest.newBuilder()
        .setQueue(queue)
        .setTask(
            NewTask.newBuilder()
                .setKind(kind)
                .setPayloadText("{\"order\": \"%s\"}".formatted(order))
                .setMaxAttempts(3))
        .build();
  }

  private <T> T any(List<T> all) {
    return all.get(random.nextInt(all.size()));
  }

  private static String event() {
    return UUID.randomUUID().toString();
  }

  private static Value text(String text) {
    return Value.newBuilder().setStringValue(text).build();
  }

  private static FieldDefinition.Builder field(String name, FieldType type) {
    return FieldDefinition.newBuilder().setName(name).setType(type);
  }
}
