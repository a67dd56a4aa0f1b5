using Orrery.Serving;
using Shouldly;
using Xunit;

namespace Orrery.Serving.Tests;

/// <summary>Two pools and the way between them.</summary>
public sealed class PoolSimulationTests
{
    private const double Endless = 1e30;

    private sealed record Setting
    {
        public int PromptCache { get; init; } = 1 << 20;

        public int AnswerCache { get; init; } = 1 << 20;

        public double Rate { get; init; } = 1e9;

        public KvMoment Moment { get; init; }

        public bool AnswersBegin { get; init; }

        public Router Router { get; init; } = new RoundRobin();

        public int Clients { get; init; }

        public int Prompts { get; init; } = 2;

        public int Answers { get; init; } = 3;

        public bool StepsSingly { get; init; }
    }

    private static (RequestBook Book, PoolSimulation Pools, KvLink Link) Run(RequestTrace trace, Setting setting)
    {
        RequestBook book = new(trace, setting.Clients > 0 || trace.Conversations is not null);
        IterationCost cost = Bench.Cost();
        EngineOptions prompts = Bench.Options(setting.PromptCache, stepsSingly: setting.StepsSingly) with { Role = EngineRole.Prompts, AnswersBegin = setting.AnswersBegin };
        EngineOptions answers = Bench.Options(setting.AnswerCache, stepsSingly: setting.StepsSingly) with { Role = EngineRole.Answers, AnswersBegin = setting.AnswersBegin };
        KvLink link = new(setting.Prompts, setting.Rate, setting.Answers, setting.Rate, 0);
        PoolSimulation pools = new(
            book, setting.Prompts, (number, flow) => new Replica(number, book, cost, prompts, flow), setting.Answers, (number, flow) => new Replica(number, book, cost, answers, flow),
            link, Cargo(), new PoolRules(setting.Moment, setting.AnswersBegin, setting.Router, setting.Router), setting.Clients, 3_000_000_000);
        pools.Run();
        return (book, pools, link);
    }

    private static KvCargo Cargo() => new(Bench.Options().Layout, 16, 1, 4);

    private static double MeanEnd(RequestBook book)
    {
        double sum = 0;
        for (int request = 0; request < book.Count; request++)
            sum += book.Finishes[request] - book.Arrivals[request];
        return sum / book.Count / RequestTrace.TicksPerSecond;
    }

    public static TheoryData<int, int, KvMoment, bool, string, int> Cases()
    {
        TheoryData<int, int, KvMoment, bool, string, int> cases = [];
        foreach (KvMoment moment in Enum.GetValues<KvMoment>())
        {
            foreach (bool answersBegin in new[] { false, true })
            {
                cases.Add(1 << 20, 1 << 20, moment, answersBegin, "round-robin", 0);
                cases.Add(400, 480, moment, answersBegin, "round-robin", 0);
                cases.Add(400, 480, moment, answersBegin, "least-loaded", 0);
                cases.Add(320, 416, moment, answersBegin, "least-loaded", 24);
            }
        }

        return cases;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_request_ends_once_every_byte_sent_arrives_and_every_block_is_given_back(
        int promptCache, int answerCache, KvMoment moment, bool answersBegin, string router, int clients)
    {
        RequestTrace trace = Bench.Random(3, rate: 3000);
        Setting setting = new() { PromptCache = promptCache, AnswerCache = answerCache, Moment = moment, AnswersBegin = answersBegin, Router = Routers.Find(router)!, Clients = clients };
        (RequestBook book, PoolSimulation pools, KvLink link) = Run(trace, setting);
        book.Refused.ShouldBe(0);
        book.Finished.ShouldBe(trace.Count);
        long expected = 0;
        int handed = 0;
        for (int request = 0; request < trace.Count; request++)
        {
            book.FirstTokens[request].ShouldBeInRange(book.Arrivals[request] + 1, book.Finishes[request]);
            if (!answersBegin && trace.Outputs[request] == 1)
                continue;
            handed++;
            expected += Cargo().Bytes(trace.Inputs[request]);
        }

        pools.Times.Transfers.ShouldBe(handed);
        link.Sent.ToArray().Sum().ShouldBe(expected);
        link.Received.ToArray().Sum().ShouldBe(expected);
        long made = 0;
        foreach (Replica engine in (IEnumerable<Replica>)[.. pools.Prompts, .. pools.Answers])
        {
            engine.CacheUsed.ShouldBe(0);
            engine.Inside.ShouldBe(0);
            engine.Statistics.BytesTaken.ShouldBe(engine.Statistics.BytesReturned);
            engine.Statistics.CachePeak.ShouldBeLessThanOrEqualTo(engine.Options.CacheBytes);
            made += engine.Statistics.GeneratedTokens;
        }

        made.ShouldBe(trace.TotalOutput);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Alike_iterations_run_together_or_singly_to_the_same_picosecond(
        int promptCache, int answerCache, KvMoment moment, bool answersBegin, string router, int clients)
    {
        RequestTrace trace = Bench.Random(5, rate: 3000);
        Setting setting = new() { PromptCache = promptCache, AnswerCache = answerCache, Moment = moment, AnswersBegin = answersBegin, Router = Routers.Find(router)!, Clients = clients };
        RequestBook together = Run(trace, setting).Book;
        RequestBook singly = Run(trace, setting with { StepsSingly = true }).Book;
        together.Finishes.SequenceEqual(singly.Finishes).ShouldBeTrue();
        together.FirstTokens.SequenceEqual(singly.FirstTokens).ShouldBeTrue();
    }

    [Fact]
    public void Prompts_do_not_disturb_answers_that_have_engines_of_their_own()
    {
        // Long prompts: a decode iteration beside one takes many times as long as one without.
        RequestTrace trace = Bench.Random(9, count: 300, rate: 200, input: 4000, output: 100);
        (RequestBook apart, PoolSimulation pools, _) = Run(trace, new Setting { Rate = Endless, Prompts = 2, Answers = 2 });
        (RequestBook together, _) = Bench.Run(trace, Bench.Options(budget: 4096), engines: 2);
        double slowest = Bench.Cost().Decode(64, (4000 + 100) / OperatorTimes.Tile).Total;
        double own = 0;
        double shared = 0;
        for (int request = 0; request < trace.Count; request++)
        {
            int later = trace.Outputs[request] - 1;
            if (later == 0)
                continue;
            double each = (apart.Finishes[request] - apart.FirstTokens[request]) / RequestTrace.TicksPerSecond;
            // The iteration that runs when the prompt is there has to end first.
            each.ShouldBeLessThanOrEqualTo((later + 1) * slowest);
            own += each / later;
            shared += (together.Finishes[request] - together.FirstTokens[request]) / RequestTrace.TicksPerSecond / later;
        }

        shared.ShouldBeGreaterThan(1.5 * own);
        foreach (Replica engine in pools.Answers)
            engine.Statistics.PrefillIterations.ShouldBe(0);
    }

    [Theory]
    [InlineData(KvMoment.After)]
    [InlineData(KvMoment.Layers)]
    public void More_bandwidth_between_the_pools_is_never_slower(KvMoment moment)
    {
        RequestTrace trace = Bench.Random(13, rate: 300);
        double before = double.PositiveInfinity;
        foreach (double rate in new[] { 1e8, 3e8, 1e9, 1e10, Endless })
        {
            double mean = MeanEnd(Run(trace, new Setting { Rate = rate, Moment = moment }).Book);
            mean.ShouldBeLessThanOrEqualTo(before);
            before = mean;
        }
    }

    [Fact]
    public void Layers_that_go_while_the_prompt_is_worked_on_are_there_sooner()
    {
        RequestTraceBuilder builder = new();
        builder.Add(0, 4000, 10);
        RequestTrace trace = builder.ToTrace();
        (RequestBook after, PoolSimulation slow, _) = Run(trace, new Setting { Rate = 1e10 });
        (RequestBook layers, PoolSimulation fast, _) = Run(trace, new Setting { Rate = 1e10, Moment = KvMoment.Layers });
        layers.FirstTokens[0].ShouldBe(after.FirstTokens[0]);
        layers.Finishes[0].ShouldBeLessThan(after.Finishes[0]);
        double whole = Cargo().Bytes(4000) / 1e10 * RequestTrace.TicksPerSecond;
        ((double)slow.Times.Moving).ShouldBe(whole, 2);
        // The prompt takes longer than its transfer, so only the last layer is left.
        ((double)fast.Times.Moving).ShouldBe(whole / 4, 2);
    }

    [Fact]
    public void A_full_pool_of_answers_holds_prompts_back()
    {
        RequestTrace trace = Bench.Random(21, rate: 3000, input: 200, output: 100);
        Setting wide = new() { PromptCache = 800 };
        (RequestBook free, _, _) = Run(trace, wide);
        (RequestBook held, PoolSimulation pools, _) = Run(trace, wide with { AnswerCache = 320 });
        double first = 0;
        for (int request = 0; request < trace.Count; request++)
            first += (held.FirstTokens[request] - free.FirstTokens[request]) / RequestTrace.TicksPerSecond;
        (first / trace.Count).ShouldBeGreaterThan(0.001);
        pools.Times.WaitingForRoom.ShouldBeGreaterThan(Int128.Zero);
        foreach (Replica engine in pools.Prompts)
            engine.Statistics.CachePeak.ShouldBeGreaterThan(engine.Options.CacheBytes / 2);
    }

    [Fact]
    public void Requests_that_one_of_the_pools_can_never_hold_are_refused_when_they_come()
    {
        RequestTraceBuilder builder = new();
        builder.Add(0, 100, 500);
        builder.Add(0, 100, 5);
        builder.Add(0, 400, 5);
        (RequestBook book, _, _) = Run(builder.ToTrace(), new Setting { PromptCache = 320, AnswerCache = 480 });
        book.Refused.ShouldBe(2);
        book.Finishes[1].ShouldBeGreaterThan(0);
        Run(builder.ToTrace(), new Setting { PromptCache = 320, AnswerCache = 480, Clients = 1 }).Book.Finished.ShouldBe(1);
    }

    [Fact]
    public void Clients_that_wait_keep_no_more_than_their_requests_inside()
    {
        RequestTrace trace = SyntheticTrace.Waiting(200, new LengthRange(300, 0.1), new LengthRange(100, 0.1), 1);
        RequestBook book = Run(trace, new Setting { Clients = 7 }).Book;
        List<(long Time, int Change)> changes = [];
        for (int request = 0; request < trace.Count; request++)
        {
            changes.Add((book.Arrivals[request], 1));
            changes.Add((book.Finishes[request], -1));
        }

        int inside = 0;
        int most = 0;
        foreach ((_, int change) in changes.OrderBy(static one => one.Time).ThenBy(static one => one.Change))
            most = Math.Max(most, inside += change);
        most.ShouldBe(7);
    }

    [Theory]
    [InlineData(0, KvMoment.After)]
    [InlineData(3, KvMoment.After)]
    [InlineData(3, KvMoment.Layers)]
    public void A_turn_of_a_conversation_waits_for_the_answer_before_it(int clients, KvMoment moment)
    {
        RequestTrace trace = SyntheticConversations.Create(
            new ConversationShape(new FixedTurns(4), new ExponentialThinking(0.05), 0), new PoissonArrivals(), 40, 200, new LengthRange(60, 0.1), new LengthRange(40, 0.1), 1 << 20, 16, 5, out _);
        RequestBook book = Run(trace, new Setting { Clients = clients, Moment = moment, PromptCache = 800, AnswerCache = 800, Answers = 2 }).Book;
        ConversationLinks turns = trace.Conversations!;
        book.Finished.ShouldBe(trace.Count);
        for (int request = 0; request < trace.Count; request++)
        {
            if (turns.Next(request) is >= 0 and int next)
                book.Arrivals[next].ShouldBeGreaterThanOrEqualTo(book.Finishes[request] + turns.Pause(next));
        }
    }
}
