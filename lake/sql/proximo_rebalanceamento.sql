-- title: Próximo rebalanceamento
-- Who enters, leaves and stays at the Ibovespa's next rebalancing: the latest session beside the newest preview of this season (B3 shows previews in the last month of a quadrimester), or without one beside the theoretical portfolio in force.
-- dia_da_captura is the day in São Paulo, capturado_em the moment in UTC. To stop at an earlier day, put its date in place of 9999-12-31.
WITH atual AS (
  SELECT codigo, nome_empresa, participacao, inicio_vigencia
  FROM indice_membro
  WHERE indice = 'IBOV' AND data_pregao = (
    SELECT max(data_pregao) FROM indice_diario WHERE indice = 'IBOV' AND data_pregao <= DATE '9999-12-31'
  )
),
vigencia AS (
  SELECT
    CAST(max(inicio_vigencia) AS varchar) AS inicio,
    CAST(CAST(date_add('month', 3, date_trunc('month', max(inicio_vigencia))) AS date) AS varchar) AS previas_desde
  FROM atual
),
conhecidas AS (
  SELECT t.tipo_carteira, t.codigo, t.acao, t.participacao, t.coletado_em, t.dt, v.previas_desde
  FROM carteira_teorica AS t
  INNER JOIN vigencia AS v ON t.dt >= v.inicio
  WHERE t.indice = 'IBOV' AND t.dt <= CAST(DATE '9999-12-31' AS varchar)
),
escolhida AS (
  SELECT tipo_carteira, dt, max(coletado_em) AS capturado_em
  FROM conhecidas
  WHERE tipo_carteira = 'teorica' OR dt >= previas_desde
  GROUP BY tipo_carteira, dt
  ORDER BY CASE tipo_carteira WHEN 'previa' THEN 1 ELSE 2 END, dt DESC
  LIMIT 1
),
prevista AS (
  SELECT c.codigo, c.acao, c.participacao
  FROM conhecidas AS c
  INNER JOIN escolhida AS e ON c.tipo_carteira = e.tipo_carteira AND c.dt = e.dt
)
SELECT
  coalesce(p.codigo, a.codigo) AS codigo,
  coalesce(a.nome_empresa, p.acao) AS nome_empresa,
  CASE WHEN a.codigo IS NULL THEN 'entra' WHEN p.codigo IS NULL THEN 'sai' ELSE 'fica' END AS movimento,
  coalesce(a.participacao, 0) AS participacao_atual,
  coalesce(p.participacao, 0) AS participacao_prevista,
  coalesce(p.participacao, 0) - coalesce(a.participacao, 0) AS variacao,
  CASE e.tipo_carteira WHEN 'previa' THEN 'prévia' ELSE 'carteira teórica' END AS fonte,
  CAST(e.dt AS date) AS dia_da_captura,
  e.capturado_em
FROM atual AS a
FULL OUTER JOIN prevista AS p ON a.codigo = p.codigo
CROSS JOIN escolhida AS e
ORDER BY
  CASE WHEN a.codigo IS NULL THEN 1 WHEN p.codigo IS NULL THEN 2 ELSE 3 END,
  coalesce(p.participacao, a.participacao) DESC,
  codigo
LIMIT 500
