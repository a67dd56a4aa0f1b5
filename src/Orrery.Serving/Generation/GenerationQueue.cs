namespace Orrery.Serving;

/// <summary>
/// Jobs of equal work before groups of ranks. A group that is free takes its share of the jobs that wait, at most a batch of them, first come first served, and is
/// busy until all their steps are done: the steps of a batch go in step, so nothing joins it.
/// </summary>
public static class GenerationQueue
{
    /// <summary>Runs all jobs of the book; the first sight of a job is its end.</summary>
    /// <param name="jobSeconds">Seconds of a batch of so many jobs, from 1 to <paramref name="maxBatch"/>.</param>
    /// <param name="clients">Clients that each send a job when they have the last; 0 where jobs come by themselves.</param>
    /// <param name="delay">Ticks from a client's answer to its next job.</param>
    /// <param name="batches">Gets how many batches of each size were run, by size.</param>
    /// <param name="waits">Gets the seconds each job waited for a group.</param>
    public static void Run(RequestBook book, int replicas, int maxBatch, Func<int, double> jobSeconds, int clients, long delay, long[] batches, double[] waits)
    {
        ArgumentNullException.ThrowIfNull(book);
        ArgumentNullException.ThrowIfNull(jobSeconds);
        ArgumentNullException.ThrowIfNull(batches);
        ArgumentNullException.ThrowIfNull(waits);
        ArrivalHeap arrivals = new();
        IntQueue waiting = new();
        int known = clients > 0 ? Math.Min(clients, book.Count) : book.Count;
        for (int job = 0; job < known; job++)
            arrivals.Add(clients > 0 ? 0 : book.Trace.Arrivals[job], job);
        long[] free = new long[replicas];
        int[] batch = new int[maxBatch];
        while (arrivals.Count + waiting.Count > 0)
        {
            int group = 0;
            for (int other = 1; other < replicas; other++)
                group = free[other] < free[group] ? other : group;
            // Groups are taken by the instant they are free and jobs by the instant they come, so starts never go back in time.
            long start = waiting.Count > 0 ? free[group] : Math.Max(free[group], arrivals.NextTime);
            while (arrivals.NextTime <= start)
            {
                int job = arrivals.Take(out long arrival);
                book.Arrive(job, arrival);
                waiting.Add(job);
            }

            int idle = 0;
            foreach (long one in free)
                idle += one <= start ? 1 : 0;
            // A batch is for when nobody else is free: jobs are shared out over idle groups first.
            int size = Math.Min(maxBatch, (waiting.Count + idle - 1) / idle);
            for (int place = 0; place < size; place++)
            {
                int job = waiting.Take();
                waits[job] = (start - book.Arrivals[job]) / RequestTrace.TicksPerSecond;
                batch[place] = job;
            }

            long end = start + Math.Max(1, (long)Math.Round(jobSeconds(size) * RequestTrace.TicksPerSecond));
            batches[size]++;
            free[group] = end;
            foreach (int job in batch.AsSpan(0, size))
            {
                book.First(job, end);
                book.Finish(job, end);
                if (clients > 0 && known < book.Count)
                    arrivals.Add(end + delay, known++);
            }
        }
    }
}
