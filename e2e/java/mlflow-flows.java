import java.io.File;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.mlflow.api.proto.ModelRegistry.ModelVersion;
import org.mlflow.api.proto.Service.Experiment;
import org.mlflow.api.proto.Service.Metric;
import org.mlflow.api.proto.Service.Param;
import org.mlflow.api.proto.Service.Run;
import org.mlflow.api.proto.Service.RunStatus;
import org.mlflow.api.proto.Service.RunTag;
import org.mlflow.api.proto.Service.ViewType;
import org.mlflow.tracking.ActiveRun;
import org.mlflow.tracking.MlflowClient;
import org.mlflow.tracking.MlflowContext;
import org.mlflow.tracking.MlflowHttpException;
import org.mlflow.tracking.Page;

/** Flows of the stock client of Java against the server at the address given; prints "ok NAME" or "FAILED NAME". */
public class MlflowFlows {
  interface Flow {
    void run() throws Exception;
  }

  private static MlflowClient client;
  private static boolean failed = false;

  public static void main(String[] arguments) {
    client = new MlflowClient(arguments[0]);
    flow("experiments", MlflowFlows::experiments);
    flow("runs", MlflowFlows::runs);
    flow("batches", MlflowFlows::batches);
    flow("histories", MlflowFlows::histories);
    flow("search", MlflowFlows::search);
    flow("lifecycle", MlflowFlows::lifecycle);
    flow("registry", MlflowFlows::registry);
    flow("active_run", MlflowFlows::activeRun);
    flow("errors", MlflowFlows::errors);
    flow("artifacts", MlflowFlows::artifacts);
    System.exit(failed ? 1 : 0);
  }

  private static void flow(String name, Flow flow) {
    try {
      flow.run();
      System.out.println("ok " + name);
    } catch (Throwable failure) {
      failed = true;
      System.out.println("FAILED " + name);
      failure.printStackTrace();
    }
  }

  private static void same(Object found, Object expected) {
    if (!expected.equals(found)) throw new AssertionError("expected " + expected + ", got " + found);
  }

  private static void refused(int status, Flow call) throws Exception {
    try {
      call.run();
    } catch (MlflowHttpException refusal) {
      same(refusal.getStatusCode(), status);
      return;
    }
    throw new AssertionError("expected status " + status);
  }

  private static void experiments() throws Exception {
    String id = client.createExperiment("first of java");
    same(client.getExperiment(id).getName(), "first of java");
    Optional<Experiment> found = client.getExperimentByName("first of java");
    same(found.get().getExperimentId(), id);
    same(client.getExperimentByName("nobody").isPresent(), false);
    client.setExperimentTag(id, "team", "blue");
    same(client.getExperiment(id).getTags(0).getValue(), "blue");
    client.renameExperiment(id, "renamed of java");
    same(client.searchExperiments("name LIKE 'renamed of%'").getItems().size(), 1);
    client.deleteExperiment(id);
    same(client.getExperiment(id).getLifecycleStage(), "deleted");
    client.restoreExperiment(id);
    same(client.getExperiment(id).getLifecycleStage(), "active");
  }

  private static void runs() throws Exception {
    String experiment = client.createExperiment("runs of java");
    String run = client.createRun(experiment).getRunId();
    client.logParam(run, "depth", "3");
    client.logMetric(run, "loss", 0.5);
    client.setTag(run, "team", "blue");
    client.deleteTag(run, "team");
    client.setTag(run, "kept", "yes");
    client.setTerminated(run, RunStatus.FINISHED, 5_000_000_000_000L);
    Run read = client.getRun(run);
    same(read.getInfo().getStatus(), RunStatus.FINISHED);
    same(read.getInfo().getEndTime(), 5_000_000_000_000L);
    same(read.getData().getParams(0).getValue(), "3");
    same(read.getData().getMetrics(0).getValue(), 0.5);
    List<String> tags =
        read.getData().getTagsList().stream().map(RunTag::getKey).collect(Collectors.toList());
    same(tags.contains("kept") && !tags.contains("team"), true);
  }

  private static void batches() throws Exception {
    String run = client.createRun(client.createExperiment("batches of java")).getRunId();
    List<Metric> metrics =
        IntStream.range(0, 800).mapToObj(n -> metric("m" + n, n)).collect(Collectors.toList());
    List<Param> params =
        IntStream.range(0, 100)
            .mapToObj(n -> Param.newBuilder().setKey("p" + n).setValue("" + n).build())
            .collect(Collectors.toList());
    List<RunTag> tags =
        Collections.singletonList(RunTag.newBuilder().setKey("größe").setValue("☃").build());
    client.logBatch(run, metrics, params, tags);
    same(client.getRun(run).getData().getMetricsCount(), 800);
    same(client.getRun(run).getData().getParamsCount(), 100);
    List<Metric> tooMany = new ArrayList<>(metrics);
    tooMany.addAll(metrics);
    refused(400, () -> client.logBatch(run, tooMany, null, null));
  }

  private static Metric metric(String key, double value) {
    return Metric.newBuilder().setKey(key).setValue(value).setTimestamp(1).setStep(0).build();
  }

  private static void histories() throws Exception {
    String run = client.createRun(client.createExperiment("histories of java")).getRunId();
    client.logMetric(run, "m", 1.5, 1, 0);
    client.logMetric(run, "m", Double.NaN, 2, 1);
    client.logMetric(run, "m", Double.POSITIVE_INFINITY, 3, 2);
    client.logMetric(run, "m", 2.5, 4, 3);
    List<Metric> history = client.getMetricHistory(run, "m");
    same(history.size(), 4);
    same(Double.isNaN(history.get(1).getValue()), true);
    same(history.get(3).getValue(), 2.5);
    same(client.getMetricHistory(run, "absent").size(), 0);
  }

  private static void search() throws Exception {
    String experiment = client.createExperiment("search of java");
    for (int n = 0; n < 12; n++) {
      String run = client.createRun(experiment).getRunId();
      client.logMetric(run, "score", n);
      client.logParam(run, "odd", "" + n % 2);
    }
    List<String> all = List.of(experiment);
    String filter = "metrics.score >= 2 AND params.odd = '0'";
    Page<Run> page =
        client.searchRuns(all, filter, ViewType.ACTIVE_ONLY, 2, List.of("metrics.score DESC"));
    List<Double> scores = new ArrayList<>();
    for (; ; page = (Page<Run>) page.getNextPage()) {
      for (Run run : page.getItems()) scores.add(run.getData().getMetrics(0).getValue());
      if (!page.hasNextPage()) break;
    }
    same(scores, List.of(10.0, 8.0, 6.0, 4.0, 2.0));
    refused(400, () -> client.searchRuns(all, "nonsense ~ 3", ViewType.ACTIVE_ONLY, 2));
  }

  private static void lifecycle() throws Exception {
    String experiment = client.createExperiment("lifecycle of java");
    String run = client.createRun(experiment).getRunId();
    client.deleteRun(run);
    same(client.getRun(run).getInfo().getLifecycleStage(), "deleted");
    refused(400, () -> client.logMetric(run, "late", 1));
    client.restoreRun(run);
    client.logParam(run, "once", "1");
    refused(400, () -> client.logParam(run, "once", "2"));
    same(client.listRunInfos(experiment).size(), 1);
  }

  private static void registry() throws Exception {
    client.sendPost("registered-models/create", "{\"name\":\"model of java\"}");
    for (int n = 0; n < 2; n++) {
      client.sendPost(
          "model-versions/create", "{\"name\":\"model of java\",\"source\":\"s3://bucket/model\"}");
    }
    client.sendPost(
        "model-versions/transition-stage",
        "{\"name\":\"model of java\",\"version\":\"1\",\"stage\":\"Production\",\"archive_existing_versions\":true}");
    List<ModelVersion> production =
        client.getLatestVersions("model of java", List.of("Production"));
    same(production.get(0).getVersion(), "1");
    same(client.getModelVersion("model of java", "2").getCurrentStage(), "None");
    same(client.getRegisteredModel("model of java").getName(), "model of java");
    same(client.getModelVersionDownloadUri("model of java", "2"), "s3://bucket/model");
    same(client.searchModelVersions("name = 'model of java'").getItems().size(), 2);
    refused(404, () -> client.getModelVersion("model of java", "9"));
  }

  private static void activeRun() throws Exception {
    MlflowContext context = new MlflowContext(client);
    context.setExperimentId(client.createExperiment("context of java"));
    ActiveRun outer = context.startRun("outer");
    outer.logMetric("loss", 1.0, 3);
    outer.logParams(Collections.singletonMap("depth", "2"));
    ActiveRun inner = context.startRun("inner", outer.getId());
    inner.endRun();
    outer.endRun();
    Run read = client.getRun(outer.getId());
    same(read.getInfo().getStatus(), RunStatus.FINISHED);
    same(read.getInfo().getRunName(), "outer");
    List<RunTag> tags = client.getRun(inner.getId()).getData().getTagsList();
    same(
        tags.stream()
            .filter(tag -> tag.getKey().equals("mlflow.parentRunId"))
            .map(RunTag::getValue)
            .collect(Collectors.toList()),
        List.of(outer.getId()));
  }

  private static void errors() throws Exception {
    refused(404, () -> client.getRun("f".repeat(32)));
    refused(400, () -> client.createExperiment("first of java twice\0"));
    client.createExperiment("taken of java");
    refused(400, () -> client.createExperiment("taken of java"));
  }

  /** The client leaves files to the one of Python. */
  private static void artifacts() throws Exception {
    String run = client.createRun(client.createExperiment("artifacts of java")).getRunId();
    Path folder = Files.createTempDirectory("kaizen-java-");
    Path file = folder.resolve("größe.txt");
    Files.writeString(file, "hello");
    client.logArtifact(run, file.toFile());
    List<String> listed =
        client.listArtifacts(run).stream()
            .map(info -> info.getPath())
            .collect(Collectors.toList());
    same(listed, List.of("größe.txt"));
    File read = client.downloadArtifacts(run, "größe.txt");
    same(Files.readString(read.toPath()), "hello");
  }
}
