-- Roles, row-level security and the functions of the hot doors. Runs once, as the owner of the database, after the tables exist.

DO $$
DECLARE name text;
  -- Since PostgreSQL 16 whoever creates a role is its member without being allowed to take it; before, membership was enough.
  needed text := CASE WHEN current_setting('server_version_num')::int >= 160000 THEN 'SET' ELSE 'MEMBER' END;
BEGIN
  FOREACH name IN ARRAY ARRAY['limen_app', 'limen_token', 'limen_hot', 'limen_pruner', 'limen_reader'] LOOP
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = name) THEN
      BEGIN
        EXECUTE format('CREATE ROLE %I NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOBYPASSRLS', name);
      EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL;  -- another database of this server was migrated just now
      END;
    END IF;
    IF NOT pg_has_role(current_user, name, needed) THEN
      BEGIN
        EXECUTE format('GRANT %I TO current_user', name);
      EXCEPTION WHEN unique_violation THEN NULL;
      END;
    END IF;
  END LOOP;
END $$;

DO $$ BEGIN EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database()); END $$;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO limen_app, limen_token, limen_hot, limen_pruner, limen_reader;
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM PUBLIC;

GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO limen_app;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO limen_app, limen_hot;
GRANT SELECT ON ALL TABLES IN SCHEMA public TO limen_reader;
REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM limen_app;
-- The ledgers are appended to and never changed, whoever asks.
REVOKE UPDATE, DELETE ON audit_records, audit_segments, audit_checkpoints, audit_prunings, consent_ledger, consent_chain, consent_tiles,
  consent_checkpoints, purpose_versions FROM limen_app;

GRANT SELECT, UPDATE ON codes, families TO limen_hot;
GRANT INSERT ON families, pushed_requests, replays, revoked_tokens, changes, audit_segments, audit_records TO limen_hot;
GRANT SELECT, UPDATE ON waiting_requests TO limen_hot;
GRANT SELECT ON customers, sessions, revoked_tokens, audit_checkpoints TO limen_hot;

-- Each tenant sees its own rows. FORCE: not even the owner is excepted.
DO $$
DECLARE t text;
BEGIN
  FOR t IN SELECT table_name FROM information_schema.columns
           WHERE table_schema = 'public' AND column_name = 'tenant_id' AND table_name NOT IN ('outbox', 'changes')
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY own_tenant ON %I USING (tenant_id = current_setting(''limen.tenant'', true)) '
                   'WITH CHECK (tenant_id = current_setting(''limen.tenant'', true))', t);
  END LOOP;
  -- The relay and the change feed serve all tenants; they say so with '*'. Payloads are sealed all the same.
  FOREACH t IN ARRAY ARRAY['outbox', 'changes'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', t);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', t);
    EXECUTE format('CREATE POLICY own_tenant_or_platform ON %I USING (current_setting(''limen.tenant'', true) IN (tenant_id, ''*'')) '
                   'WITH CHECK (current_setting(''limen.tenant'', true) IN (tenant_id, ''*''))', t);
  END LOOP;
END $$;

-- A family is updated with every refresh and its indexed columns never change: half a page left free keeps each new version
-- beside the old one (HOT), where the next reader clears it away. A rotation or two for each row is reason enough to vacuum.
ALTER TABLE families SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);
ALTER TABLE codes SET (fillfactor = 80);
-- What waits for a person is updated with every poll, some seconds apart; nothing that is indexed changes.
ALTER TABLE waiting_requests SET (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);

CREATE FUNCTION limen_notify() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM pg_notify('limen_changes', '');
  RETURN NULL;
END $$;
CREATE TRIGGER changes_notify AFTER INSERT ON changes FOR EACH STATEMENT EXECUTE FUNCTION limen_notify();

-- The hot doors. Each function confines itself to p_tenant before it touches a row; set_config stands in a statement of its own,
-- because in a CTE the row filter would be evaluated first.

CREATE FUNCTION limen_redeem(p_tenant text, p_now bigint, p_codes bytea[], p_clients text[], p_redirects text[], p_challenges text[],
                             p_families text[], p_refresh bytea[], p_allowed boolean[], p_idle bigint[], p_expires bigint[],
                             p_confirmations text[], p_bound text[])
RETURNS TABLE (applied boolean, grant_id varchar, session_id varchar, customer_id varchar, client_key varchar, redirect_uri text,
               challenge varchar, nonce text, scopes text, authentication text, created_at bigint, expires_at bigint,
               redeemed_at bigint, family_id varchar, confirmation text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE c codes%ROWTYPE; hit boolean;
BEGIN
  PERFORM set_config('limen.tenant', p_tenant, true);
  FOR i IN 1 .. cardinality(p_codes) LOOP
    UPDATE codes SET redeemed_at = p_now, family_id = p_families[i]
    WHERE tenant_id = p_tenant AND code_hash = p_codes[i] AND client_key = p_clients[i] AND redirect_uri = p_redirects[i]
      AND challenge = p_challenges[i] AND confirmation IN ('', p_confirmations[i]) AND redeemed_at IS NULL AND expires_at > p_now
      AND EXISTS (SELECT 1 FROM customers u WHERE u.tenant_id = codes.tenant_id AND u.id = codes.customer_id
                  AND u.state = 'active' AND u.valid_after <= codes.created_at)
      AND EXISTS (SELECT 1 FROM sessions s WHERE s.tenant_id = codes.tenant_id AND s.id = codes.session_id AND s.ended_at IS NULL)
    RETURNING * INTO c;
    hit := FOUND;
    IF hit THEN
      INSERT INTO families (tenant_id, id, grant_id, session_id, customer_id, client_key, scopes, authentication, generation,
                            current_hash, rotated_at, created_at, idle_until, expires_at, confirmation)
      VALUES (p_tenant, p_families[i], c.grant_id, c.session_id, c.customer_id, c.client_key, c.scopes, c.authentication, 0,
              CASE WHEN p_allowed[i] AND 'offline_access' = ANY (string_to_array(c.scopes, ' ')) THEN p_refresh[i] END,
              p_now, c.created_at, p_idle[i], p_expires[i], p_bound[i]);
    ELSE
      SELECT * INTO c FROM codes WHERE tenant_id = p_tenant AND code_hash = p_codes[i];
    END IF;
    RETURN QUERY SELECT hit, c.grant_id, c.session_id, c.customer_id, c.client_key, c.redirect_uri, c.challenge, c.nonce, c.scopes,
                        c.authentication, c.created_at, c.expires_at, c.redeemed_at, c.family_id, c.confirmation;
  END LOOP;
END $$;

CREATE FUNCTION limen_rotate(p_tenant text, p_now bigint, p_families text[], p_clients text[], p_presented bytea[],
                             p_successors bytea[], p_idle bigint[], p_confirmations text[])
RETURNS TABLE (applied boolean, customer_id varchar, client_key varchar, scopes text, authentication text, current_hash bytea,
               previous_hash bytea, rotated_at bigint, created_at bigint, idle_until bigint, expires_at bigint, revoked_at bigint,
               state varchar, valid_after bigint, confirmation text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE f families%ROWTYPE; u customers%ROWTYPE; hit boolean;
BEGIN
  PERFORM set_config('limen.tenant', p_tenant, true);
  FOR i IN 1 .. cardinality(p_families) LOOP
    u := NULL;
    UPDATE families SET generation = generation + 1, previous_hash = current_hash, current_hash = p_successors[i],
                        rotated_at = p_now, idle_until = p_idle[i]
    WHERE tenant_id = p_tenant AND id = p_families[i] AND client_key = p_clients[i] AND current_hash = p_presented[i]
      AND confirmation IN ('', p_confirmations[i]) AND revoked_at IS NULL AND expires_at > p_now AND idle_until > p_now
      AND EXISTS (SELECT 1 FROM customers c WHERE c.tenant_id = families.tenant_id AND c.id = families.customer_id
                  AND c.state = 'active' AND c.valid_after <= families.created_at)
    RETURNING * INTO f;
    hit := FOUND;
    IF NOT hit THEN
      SELECT * INTO f FROM families WHERE tenant_id = p_tenant AND id = p_families[i];
      SELECT * INTO u FROM customers WHERE tenant_id = p_tenant AND id = f.customer_id;
    END IF;
    RETURN QUERY SELECT hit, f.customer_id, f.client_key, f.scopes, f.authentication, f.current_hash, f.previous_hash, f.rotated_at,
                        f.created_at, f.idle_until, f.expires_at, f.revoked_at, u.state, u.valid_after, f.confirmation;
  END LOOP;
END $$;

CREATE FUNCTION limen_revoke(p_tenant text, p_now bigint, p_families text[], p_clients text[]) RETURNS TABLE (applied boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM set_config('limen.tenant', p_tenant, true);
  FOR i IN 1 .. cardinality(p_families) LOOP
    UPDATE families SET revoked_at = p_now
    WHERE tenant_id = p_tenant AND id = p_families[i] AND revoked_at IS NULL AND p_clients[i] IN ('', client_key);
    RETURN QUERY SELECT FOUND;
  END LOOP;
END $$;

CREATE FUNCTION limen_revoke_tokens(p_tenant text, p_tokens text[], p_expires bigint[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM set_config('limen.tenant', p_tenant, true);
  INSERT INTO revoked_tokens (tenant_id, token_id, expires_at)
  SELECT p_tenant, t, e FROM unnest(p_tokens, p_expires) AS rows (t, e) ON CONFLICT DO NOTHING;
END $$;

-- What may be used once. Whoever calls has put them in order, so that two workers never wait for each other.
CREATE FUNCTION limen_use(p_tenant text, p_kinds text[], p_digests bytea[], p_expires bigint[]) RETURNS TABLE (applied boolean)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM set_config('limen.tenant', p_tenant, true);
  FOR i IN 1 .. cardinality(p_digests) LOOP
    INSERT INTO replays (tenant_id, kind, digest, expires_at) VALUES (p_tenant, p_kinds[i], p_digests[i], p_expires[i])
    ON CONFLICT DO NOTHING;
    RETURN QUERY SELECT FOUND;
  END LOOP;
END $$;

CREATE FUNCTION limen_push(p_tenant text, p_now bigint, p_references bytea[], p_clients text[], p_sealed bytea[], p_expires bigint[])
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM set_config('limen.tenant', p_tenant, true);
  INSERT INTO pushed_requests (tenant_id, reference, client_key, sealed, created_at, expires_at)
  SELECT p_tenant, r, c, s, p_now, e FROM unnest(p_references, p_clients, p_sealed, p_expires) AS rows (r, c, s, e);
END $$;

-- Records of the hot doors: nothing personal is in them, so that there is nothing to commit to and nothing sealed.
CREATE FUNCTION limen_append(p_tenant text, p_segment text, p_worker text, p_at bigint, p_first bigint, p_events text[],
                             p_subjects text[], p_open bytea[], p_hashes bytea[])
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM set_config('limen.tenant', p_tenant, true);
  IF p_worker IS NOT NULL THEN
    INSERT INTO audit_segments (tenant_id, id, worker, opened_at) VALUES (p_tenant, p_segment, p_worker, p_at);
  END IF;
  INSERT INTO audit_records (tenant_id, segment_id, seq, at, event, subject, open_part, commitment, sealed, hash)
  SELECT p_tenant, p_segment, p_first + n - 1, p_at, e, s, o, '', '', h
  FROM unnest(p_events, p_subjects, p_open, p_hashes) WITH ORDINALITY AS rows (e, s, o, h, n);
END $$;

-- What usually happens: every family rotates, every code is redeemed. The records, which were chained beforehand, are appended
-- in the same statement. If anything is not as was foreseen, nothing is done (LM001), and limen_rotate or limen_redeem finds
-- out what is so. Rows are locked in the order in which they are asked for, as everywhere: joined by the index, never by a hash.
CREATE FUNCTION limen_rotate_foreseen(p_tenant text, p_now bigint, p_families text[], p_clients text[], p_presented bytea[],
                                      p_successors bytea[], p_idle bigint[], p_confirmations text[], p_customers text[],
                                      p_scopes text[], p_authentications text[])
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE done integer;
BEGIN
  PERFORM set_config('limen.tenant', p_tenant, true);
  UPDATE families SET generation = generation + 1, previous_hash = current_hash, current_hash = successor, rotated_at = p_now, idle_until = idle
  FROM unnest(p_families, p_clients, p_presented, p_successors, p_idle, p_confirmations, p_customers, p_scopes, p_authentications)
       AS ask (family, client, presented, successor, idle, shown, customer, scope, signed_in)
  WHERE tenant_id = p_tenant AND id = family AND client_key = client AND current_hash = presented
    AND customer_id = customer AND scopes = scope AND authentication = signed_in
    AND confirmation IN ('', shown) AND revoked_at IS NULL AND expires_at > p_now AND idle_until > p_now
    AND EXISTS (SELECT 1 FROM customers c WHERE c.tenant_id = families.tenant_id AND c.id = families.customer_id
                AND c.state = 'active' AND c.valid_after <= families.created_at);
  GET DIAGNOSTICS done = ROW_COUNT;
  IF done <> cardinality(p_families) THEN
    RAISE EXCEPTION 'a rotation was not as foreseen' USING ERRCODE = 'LM001';
  END IF;
END $$;

-- A code's row changes once, when it is redeemed: what was read of it before holds as long as it is there.
CREATE FUNCTION limen_codes(p_tenant text, p_codes bytea[])
RETURNS TABLE (code_hash bytea, customer_id varchar, nonce text, scopes text, authentication text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
  PERFORM set_config('limen.tenant', p_tenant, true);
  RETURN QUERY SELECT code_hash, customer_id, nonce, scopes, authentication FROM codes
  WHERE tenant_id = p_tenant AND code_hash = ANY (p_codes) AND redeemed_at IS NULL;
END $$;

CREATE FUNCTION limen_redeem_foreseen(p_tenant text, p_now bigint, p_codes bytea[], p_clients text[], p_redirects text[],
                                      p_challenges text[], p_families text[], p_refresh bytea[], p_idle bigint[],
                                      p_expires bigint[], p_confirmations text[], p_bound text[])
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
DECLARE done integer;
BEGIN
  PERFORM set_config('limen.tenant', p_tenant, true);
  WITH redeemed AS (
    UPDATE codes SET redeemed_at = p_now, family_id = family
    FROM unnest(p_codes, p_clients, p_redirects, p_challenges, p_families, p_refresh, p_idle, p_expires, p_confirmations, p_bound)
         AS ask (code, client, redirect, verified, family, refresh, idle, ends, shown, bound)
    WHERE tenant_id = p_tenant AND code_hash = code AND client_key = client AND redirect_uri = redirect
      AND challenge = verified AND confirmation IN ('', shown) AND redeemed_at IS NULL AND expires_at > p_now
      AND EXISTS (SELECT 1 FROM customers u WHERE u.tenant_id = codes.tenant_id AND u.id = codes.customer_id
                  AND u.state = 'active' AND u.valid_after <= codes.created_at)
      AND EXISTS (SELECT 1 FROM sessions s WHERE s.tenant_id = codes.tenant_id AND s.id = codes.session_id AND s.ended_at IS NULL)
    RETURNING codes.*, refresh, idle, ends, bound)
  INSERT INTO families (tenant_id, id, grant_id, session_id, customer_id, client_key, scopes, authentication, generation,
                        current_hash, rotated_at, created_at, idle_until, expires_at, confirmation)
  SELECT tenant_id, family_id, grant_id, session_id, customer_id, client_key, scopes, authentication, 0,
         refresh, p_now, created_at, idle, ends, bound FROM redeemed;
  GET DIAGNOSTICS done = ROW_COUNT;
  IF done <> cardinality(p_codes) THEN
    RAISE EXCEPTION 'a code was not as foreseen' USING ERRCODE = 'LM001';
  END IF;
END $$;

CREATE FUNCTION limen_change(p_tenant text, p_now bigint, p_kinds text[], p_keys text[])
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM set_config('limen.tenant', p_tenant, true);
  INSERT INTO changes (tenant_id, kind, key, at) SELECT p_tenant, k, y, p_now FROM unnest(p_kinds, p_keys) AS rows (k, y);
END $$;

CREATE FUNCTION limen_last_checkpoint(p_tenant text) RETURNS audit_checkpoints
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE found_row audit_checkpoints;
BEGIN
  PERFORM set_config('limen.tenant', p_tenant, true);
  SELECT * INTO found_row FROM audit_checkpoints WHERE tenant_id = p_tenant ORDER BY number DESC LIMIT 1;
  RETURN found_row;
END $$;

CREATE FUNCTION limen_customer(p_tenant text, p_subject text) RETURNS customers
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE found_row customers;
BEGIN
  PERFORM set_config('limen.tenant', p_tenant, true);
  SELECT * INTO found_row FROM customers WHERE tenant_id = p_tenant AND subject = p_subject;
  RETURN found_row;
END $$;

CREATE FUNCTION limen_family(p_tenant text, p_id text) RETURNS TABLE (customer_id varchar, scopes text, authentication text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM set_config('limen.tenant', p_tenant, true);
  RETURN QUERY SELECT f.customer_id, f.scopes, f.authentication FROM families f WHERE f.tenant_id = p_tenant AND f.id = p_id;
END $$;

CREATE FUNCTION limen_families(p_tenant text, p_ids text[]) RETURNS TABLE (id varchar, customer_id varchar, scopes text, authentication text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM set_config('limen.tenant', p_tenant, true);
  RETURN QUERY SELECT f.id, f.customer_id, f.scopes, f.authentication FROM families f WHERE f.tenant_id = p_tenant AND f.id = ANY (p_ids);
END $$;

CREATE FUNCTION limen_is_revoked(p_tenant text, p_token text, p_family text, p_subject text, p_issued bigint) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM set_config('limen.tenant', p_tenant, true);
  RETURN EXISTS (SELECT 1 FROM revoked_tokens WHERE tenant_id = p_tenant AND token_id = p_token)
    OR (p_family <> '' AND NOT EXISTS (
          SELECT 1 FROM families WHERE tenant_id = p_tenant AND id = p_family AND revoked_at IS NULL))
    OR (p_subject <> '' AND NOT EXISTS (
          SELECT 1 FROM customers WHERE tenant_id = p_tenant AND subject = p_subject AND state = 'active' AND valid_after <= p_issued));
END $$;

-- One statement for a poll. When it was is not worth a wait for the disk: lost in a crash, a client may once poll too early.
CREATE FUNCTION limen_poll(p_tenant text, p_codes bytea[], p_times bigint[])
RETURNS TABLE (number bigint, kind varchar, client_key varchar, state varchar, interval_seconds integer, polled_at bigint, expires_at bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
SET enable_hashjoin = off SET enable_mergejoin = off SET enable_seqscan = off SET plan_cache_mode = force_generic_plan AS $$
#variable_conflict use_column
BEGIN
  PERFORM set_config('limen.tenant', p_tenant, true);
  RETURN QUERY
    SELECT asked.number, w.kind, w.client_key, w.state, w.interval_seconds,
           COALESCE(lag(asked.now) OVER (PARTITION BY asked.code ORDER BY asked.number), w.polled_at), w.expires_at
    FROM unnest(p_codes, p_times) WITH ORDINALITY AS asked (code, now, number)
    JOIN waiting_requests w ON w.tenant_id = p_tenant AND w.code_hash = asked.code;
  PERFORM set_config('synchronous_commit', 'off', true);
  UPDATE waiting_requests SET polled_at = asked.now
  FROM (SELECT code, max(now) AS now FROM unnest(p_codes, p_times) AS each (code, now) GROUP BY code ORDER BY code) AS asked
  WHERE tenant_id = p_tenant AND code_hash = asked.code AND state = 'pending' AND expires_at > asked.now;
END $$;

CREATE FUNCTION limen_slow_down(p_tenant text, p_code bytea, p_by integer, p_most integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM set_config('limen.tenant', p_tenant, true);
  UPDATE waiting_requests SET interval_seconds = LEAST(interval_seconds + p_by, p_most)
  WHERE tenant_id = p_tenant AND code_hash = p_code AND state = 'pending';
END $$;

CREATE FUNCTION limen_revocations(p_tenant text, p_since bigint) RETURNS TABLE (kind text, key varchar, at bigint)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  PERFORM set_config('limen.tenant', p_tenant, true);
  RETURN QUERY
    SELECT 'token'::text, t.token_id, t.expires_at FROM revoked_tokens t WHERE t.tenant_id = p_tenant AND t.expires_at >= p_since
    UNION ALL SELECT 'family', f.id, f.revoked_at FROM families f WHERE f.tenant_id = p_tenant AND f.revoked_at >= p_since
    UNION ALL SELECT 'subject', c.subject, c.valid_after FROM customers c WHERE c.tenant_id = p_tenant AND c.valid_after >= p_since AND c.valid_after > 0;
END $$;

GRANT CREATE ON SCHEMA public TO limen_hot;  -- an owner must be allowed to create; taken back below
DO $$
DECLARE f regprocedure;
BEGIN
  FOR f IN SELECT oid::regprocedure FROM pg_proc
           WHERE pronamespace = 'public'::regnamespace AND proname LIKE 'limen\_%' AND proname <> 'limen_notify'
  LOOP
    EXECUTE format('ALTER FUNCTION %s OWNER TO limen_hot', f);
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', f);
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO limen_token', f);
  END LOOP;
END $$;
REVOKE CREATE ON SCHEMA public FROM limen_hot;

-- What a tenant's newest pruning takes out of its audit log, up to p_most records at a time; then the checkpoints. Nobody else
-- deletes there. That it is signed is for the verifier to see; that nothing goes which is younger than 30 days is seen to here,
-- by the database's own clock, for whoever calls.
GRANT SELECT ON audit_prunings TO limen_pruner;
GRANT SELECT, DELETE ON audit_records, audit_checkpoints TO limen_pruner;
CREATE FUNCTION limen_prune(p_tenant text, p_most integer) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE told audit_prunings%ROWTYPE; gone bigint;
BEGIN
  PERFORM set_config('limen.tenant', p_tenant, true);
  SELECT * INTO told FROM audit_prunings WHERE tenant_id = p_tenant ORDER BY number DESC LIMIT 1;
  IF NOT FOUND THEN
    RETURN 0;
  END IF;
  IF told.before > extract(epoch FROM clock_timestamp() - interval '30 days') * 1000000 THEN
    RAISE EXCEPTION 'what is younger than 30 days stays' USING ERRCODE = 'insufficient_privilege';
  END IF;
  DELETE FROM audit_records WHERE tenant_id = p_tenant AND (segment_id, seq) IN (
    SELECT r.segment_id, r.seq FROM jsonb_array_elements(convert_from(told.starts, 'UTF8')::jsonb) AS s (start)
    JOIN audit_records r ON r.tenant_id = p_tenant AND r.segment_id = s.start ->> 0 AND r.seq < (s.start ->> 1)::bigint
    WHERE r.at < told.before LIMIT p_most);
  GET DIAGNOSTICS gone = ROW_COUNT;
  IF gone = 0 THEN
    DELETE FROM audit_checkpoints WHERE tenant_id = p_tenant AND number <= told.checkpoint AND at < told.before
      AND number < (SELECT max(number) FROM audit_checkpoints WHERE tenant_id = p_tenant);
  END IF;
  RETURN gone;
END $$;
GRANT CREATE ON SCHEMA public TO limen_pruner;
ALTER FUNCTION limen_prune OWNER TO limen_pruner;
REVOKE CREATE ON SCHEMA public FROM limen_pruner;
REVOKE ALL ON FUNCTION limen_prune FROM PUBLIC;
GRANT EXECUTE ON FUNCTION limen_prune TO limen_app;

-- Who is found by a token. Which tenant a token belongs to stands in its row and not in its index, which is a third smaller for
-- that: to look it up would be a page more for each row that is found. The customer says it as well: a token finds nobody else's.
CREATE POLICY found ON search_tokens FOR SELECT TO limen_hot USING (true);
GRANT SELECT ON search_tokens TO limen_hot;
CREATE FUNCTION limen_found(p_tenant text, p_number smallint, p_start bytea, p_after text, p_end bytea, p_most integer)
RETURNS TABLE (tenant_id varchar, id varchar, subject varchar, state varchar, sealed_profile bytea, created_at bigint, updated_at bigint,
               valid_after bigint, proof_after bigint, version integer, seen_on integer, token bytea)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  RETURN QUERY SELECT c.tenant_id, c.id, c.subject, c.state, c.sealed_profile, c.created_at, c.updated_at, c.valid_after, c.proof_after,
                      c.version, c.seen_on, s.token
    FROM search_tokens s JOIN customers c ON c.tenant_id = p_tenant AND c.id = s.customer_id
    WHERE s.number = p_number AND (s.token, s.customer_id) > (p_start, p_after) AND s.token <= p_end
    ORDER BY s.token, s.customer_id LIMIT p_most;
END $$;
GRANT CREATE ON SCHEMA public TO limen_hot;
ALTER FUNCTION limen_found OWNER TO limen_hot;
REVOKE CREATE ON SCHEMA public FROM limen_hot;
REVOKE ALL ON FUNCTION limen_found FROM PUBLIC;
GRANT EXECUTE ON FUNCTION limen_found TO limen_app;
