using Orrery.Serving;
using Shouldly;
using Xunit;

namespace Orrery.Serving.Tests;

/// <summary>Jobs of denoising steps before groups of ranks.</summary>
public sealed class GenerationTests
{
    private const long Second = 1_000_000_000_000;

    private static RequestBook Run(RequestTrace jobs, int replicas, int maxBatch, Func<int, double> seconds, int clients = 0)
    {
        RequestBook book = new(jobs, waitsForClients: true);
        double[] waits = new double[jobs.Count];
        long[] batches = new long[maxBatch + 1];
        GenerationQueue.Run(book, replicas, maxBatch, seconds, clients, 0, batches, waits);
        book.Finished.ShouldBe(jobs.Count);
        for (int job = 0; job < jobs.Count; job++)
            waits[job].ShouldBeGreaterThanOrEqualTo(0);
        batches.Select(static (count, size) => count * size).Sum().ShouldBe(jobs.Count);
        return book;
    }

    private static RequestTrace Jobs(params double[] arrivals) =>
        new([.. arrivals.Select(static one => (long)(one * Second))], [.. arrivals.Select(static _ => 1)], [.. arrivals.Select(static _ => 1)]);

    [Fact]
    public void Jobs_wait_for_a_group_that_is_free()
    {
        RequestBook book = Run(Jobs(0, 1, 2, 50), 2, 1, static _ => 10);
        book.Finishes.ToArray().ShouldBe([10 * Second, 11 * Second, 20 * Second, 60 * Second]);
    }

    [Fact]
    public void A_batch_is_taken_when_a_group_is_free_and_nothing_joins_it()
    {
        RequestBook book = Run(Jobs(0, 1, 2, 3, 4), 1, 3, static size => 10 + size);
        book.Finishes.ToArray().ShouldBe([11 * Second, 24 * Second, 24 * Second, 24 * Second, 35 * Second]);
    }

    [Fact]
    public void Jobs_are_shared_out_over_idle_groups_before_they_are_batched()
    {
        RequestBook book = Run(Jobs(0, 0, 0, 0), 4, 4, static size => 10 * size);
        book.Finishes.ToArray().ShouldAllBe(static finish => finish == 10 * Second);
    }

    [Fact]
    public void Clients_send_the_next_job_when_they_have_the_last()
    {
        RequestBook book = Run(Jobs(0, 0, 0, 0, 0, 0), 3, 1, static _ => 7, clients: 2);
        book.Arrivals.ToArray().ShouldBe([0, 0, 7 * Second, 7 * Second, 14 * Second, 14 * Second]);
        book.Finishes.ToArray().Max().ShouldBe(21 * Second);
    }

    [Fact]
    public void A_queue_of_one_waits_as_theory_says()
    {
        // Poisson arrivals, fixed service, one server: the mean wait is rho / (2 (1 - rho)) services (Pollaczek and Khinchine).
        RequestTrace jobs = SyntheticTrace.Create(new PoissonArrivals(), 0.7, 200_000, new LengthRange(1), new LengthRange(1), 3);
        RequestBook book = Run(jobs, 1, 1, static _ => 1);
        double wait = 0;
        for (int job = 0; job < book.Count; job++)
            wait += (book.Finishes[job] - book.Arrivals[job]) / (double)Second;
        ((wait / book.Count) - 1).ShouldBe(0.7 / (2 * 0.3), 0.05);
    }
}
